"""Paytm's words: what is checked in a request, how an answer is sealed, what each notice says."""
