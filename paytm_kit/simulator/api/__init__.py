"""The signed APIs at Paytm's own paths."""
