"""Messages of Paytm's as data files, sent on command to any merchant: ``paytm_trigger``. No Django, no books."""
