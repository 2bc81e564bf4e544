"""Who takes part in a payment, as data: banks, card networks, acquirers, UPI apps and wallets. All are invented.

The prefixes of the networks are their published ranges; which bank a range belongs to is ours.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Party(NamedTuple):
    code: str
    name: str
    role: str  # "bank", "network", "acquirer", "psp", "switch" or "wallet"


PARTIES = (
    Party("SDBL", "Sahyadri Demo Bank", "bank"),
    Party("GDBL", "Godavari Demo Bank", "bank"),
    Party("NDBL", "Narmada Demo Bank", "bank"),
    Party("TDBL", "Tapti Demo Bank", "bank"),
    Party("CDBL", "Chambal Demo Bank", "bank"),
    Party("KDBL", "Konkan Demo Bank", "acquirer"),
    Party("MDBL", "Malabar Demo Bank", "acquirer"),
    Party("VISA", "Visa", "network"),
    Party("MASTER", "Mastercard", "network"),
    Party("RUPAY", "RuPay", "network"),
    Party("AMEX", "American Express", "network"),
    Party("MAESTRO", "Maestro", "network"),
    Party("PAYEE-PSP", "the shop's UPI provider", "psp"),
    Party("NPCI", "NPCI's UPI switch", "switch"),
    Party("DEMO-PSP", "Demo UPI app", "psp"),
    Party("OK-PSP", "Okay Demo UPI app", "psp"),
    Party("OTHER-PSP", "another UPI app", "psp"),
    Party("WALLET", "Demo Wallet", "wallet"),
)

BY_CODE = {party.code: party for party in PARTIES}


def name(code: str) -> str:
    """A party's name; a word that is no party's code, such as "customer", as it is."""
    return BY_CODE[code].name if code in BY_CODE else code


class Network(NamedTuple):
    code: str
    bins: str  # the first digits
    lengths: tuple[int, ...]
    cvv: int  # digits
    mode: str  # PAYMENTMODE of a card whose range is not in BINS
    acquirer: str


# The narrowest first: RuPay shares prefixes with others.
NETWORKS = (
    Network("RUPAY", r"508[5-9]|60(69|7|8)|652|653|81|82", (16,), 3, "DC", "MDBL"),
    Network("VISA", r"4", (16,), 3, "CC", "KDBL"),
    Network("MASTER", r"5[1-5]|2(22[1-9]|2[3-9]|[3-6]|7[01]|720)", (16,), 3, "CC", "KDBL"),
    Network("AMEX", r"3[47]", (15,), 4, "CC", "MDBL"),
    Network("MAESTRO", r"5[0678]|6", tuple(range(12, 20)), 3, "DC", "KDBL"),
)


class Range(NamedTuple):
    issuer: str
    mode: str


# The first six digits of a card: which bank issued it, and whether it is for credit or debit.
BINS = {
    "411111": Range("SDBL", "CC"),
    "400000": Range("SDBL", "CC"),
    "555555": Range("SDBL", "CC"),
    "607482": Range("SDBL", "DC"),
    "424242": Range("GDBL", "CC"),
    "510510": Range("GDBL", "CC"),
    "401288": Range("GDBL", "DC"),
    "378282": Range("NDBL", "CC"),
}


class Handle(NamedTuple):
    psp: str
    bank: str  # the remitter's


# What stands behind the @ of a UPI ID.
HANDLES = {"demo": Handle("DEMO-PSP", "SDBL"), "okbank": Handle("OK-PSP", "GDBL")}
ANY_HANDLE = Handle("OTHER-PSP", "NDBL")


def network(digits: str) -> Network | None:
    """The network that this card number belongs to."""
    return next((row for row in NETWORKS if re.match(row.bins, digits)), None)


def card_range(digits: str, of: Network) -> Range:
    """Who issued the card; ranges that are not listed are Sahyadri's."""
    return BINS.get(digits[:6], Range("SDBL", of.mode))


def handle(vpa: str) -> Handle:
    return HANDLES.get(vpa.rpartition("@")[2], ANY_HANDLE)
