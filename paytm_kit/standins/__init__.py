"""Stand-ins for Stripe, PayPal and Zaakpay beside the Paytm simulator: none of them is the company it plays."""
