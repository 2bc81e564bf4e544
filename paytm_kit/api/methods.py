"""The words of ``payment_method``: an instrument, or a gateway. What it needs is typed on the gateway's page.

The gateway's page offers what the merchant's contract with it allows; the word says what the shopper has in mind.
"""

from __future__ import annotations

ANY = "any"

# Instruments, with the spellings that clients use.
INSTRUMENTS: dict[str, tuple[str, ...]] = {
    ANY: (),
    "card": ("credit_card", "debit_card"),
    "upi": (),
    "netbanking": ("net_banking",),
    "wallet": (),
    "emi": (),
}
WORDS = tuple(word for name, others in INSTRUMENTS.items() for word in (name, *others))
