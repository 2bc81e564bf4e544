"""What a browser sees: the entrances, the payment page, the watching page."""
