"""The demo's shop: catalogue, cart, checkout and orders. An example of a merchant's own code around the kit."""
