"""Take payments through Paytm in Django and never lose track of a rupee."""

__version__ = "0.1.0"
