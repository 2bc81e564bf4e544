"""The demo shop, through its own pages."""
