"""A Django app with one table: the orders of a shop whose own orders Django does not know."""
