"""A stand-in for Paytm's staging: real HTTP, Paytm's paths, words and oddities, its own books. It is not Paytm."""
