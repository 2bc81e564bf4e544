"""Ways to pay in people's words: what gateways call ``CC`` is a credit card to everybody else."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

# Paytm docs, Transaction Status API (paymentMode) and Process Transaction API, which spell some of them out.
WORDS = {
    "UPI": _("UPI"),
    "UPI_INTENT": _("UPI"),
    "CC": _("Credit card"),
    "CREDIT_CARD": _("Credit card"),
    "DC": _("Debit card"),
    "DEBIT_CARD": _("Debit card"),
    "NB": _("Net banking"),
    "NET_BANKING": _("Net banking"),
    "PPI": _("Paytm wallet"),
    "BALANCE": _("Paytm wallet"),
    "EMI": _("EMI"),
    "PAYTM_DIGITAL_CREDIT": _("Paytm Postpaid"),
    # docs.stripe.com, PaymentMethod object (type); PayPal, Orders v2 (payment_source, in capitals).
    "card": _("Card"),
    "upi": _("UPI"),
    "CARD": _("Card"),
    "PAYPAL": "PayPal",
}


def in_words(mode: str) -> str:
    """``CC`` → "Credit card", in the active language; a word that we do not know stays as it is."""
    return str(WORDS.get(mode, mode))
