"""Limits and rules against abuse, as data: what is counted, what is looked at, what follows. Pure: no Django."""
