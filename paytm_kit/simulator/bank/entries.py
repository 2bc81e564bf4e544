"""What a shopper types becomes an instrument, or a sentence that stands at its field. Numbers live only in here."""

from __future__ import annotations

import re
from datetime import date

from paytm_kit.simulator.bank import cards, emi, instruments, parties
from paytm_kit.simulator.bank.instruments import Instrument


class Unusable(ValueError):
    """The shopper's entry cannot be used. ``str()`` is what the page says; ``field`` is where."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


def card(number: str, expiry: str, cvv: str, today: date) -> Instrument:
    """The card that was typed. Raises Unusable. Any well-formed number of a known network works, as on staging."""
    item = card_number(number)
    expires = re.fullmatch(r"(0[1-9]|1[0-2])\s*/\s*(?:20)?(\d\d)", expiry.strip(), re.ASCII)
    if not expires:
        raise Unusable("expiry", "Write the expiry as MM/YY, for example 12/30.")
    if (2000 + int(expires[2]), int(expires[1])) < (today.year, today.month):
        raise Unusable("expiry", "This card has expired. Any date in the future will do.")
    length = next(network.cvv for network in parties.NETWORKS if network.code == item.scheme)
    if not re.fullmatch(rf"\d{{{length}}}", cvv.strip(), re.ASCII):
        raise Unusable("cvv", f"The CVV has {length} digits. Any will do, for example {'1234'[:length]}.")
    return item


def card_number(number: str) -> Instrument:
    """The card with this number. Raises Unusable."""
    digits = re.sub(r"[ -]", "", number)
    if not re.fullmatch(r"\d{12,19}", digits, re.ASCII) or not cards.luhn(digits):
        raise Unusable("number", "This is not a card number. Use one of the test cards on this page.")
    network = parties.network(digits)
    if network is None or len(digits) not in network.lengths:
        raise Unusable("number", "This card's network is not accepted here. Use one of the test cards on this page.")
    known = next((item for item in instruments.CARDS if item.value == digits), None)
    return known or instruments.of_card(digits, parties.name(network.code), instruments.SUCCESS)


def vpa(text: str) -> Instrument:
    """The UPI ID that was typed. Raises Unusable."""
    typed = text.strip().lower()
    if not re.fullmatch(r"[a-z0-9._-]{2,100}@[a-z][a-z0-9]{1,49}", typed, re.ASCII):
        raise Unusable("vpa", "A UPI ID looks like name@bank, for example success@demo.")
    known = next((item for item in instruments.VPAS if item.value == typed), None)
    return known or instruments.of_vpa(typed, "UPI ID", None)


def bank(code: str) -> Instrument:
    """The bank that was chosen. Raises Unusable."""
    for item in instruments.BANKS:
        if item.value == code:
            return item
    raise Unusable("bank", "Choose a bank from the list.")


def wallet(mobile: str) -> Instrument:
    """The wallet that was named. Raises Unusable."""
    digits = re.sub(r"[ +-]", "", mobile)
    for item in instruments.WALLETS:
        if item.value == digits:
            return item
    raise Unusable("mobile", f"There is no wallet with this number. Use {instruments.WALLETS[0].value}.")


def anything(value: str) -> Instrument:
    """The instrument that a value stands for: UPI ID, bank code, wallet or card number. Raises Unusable."""
    known = next((item for item in instruments.ALL if item.value == value), None)
    if known:
        return known
    return vpa(value) if "@" in value else card_number(value)


def plan(plan_id: str, item: Instrument, offers: list[emi.Offer]) -> emi.Offer:
    """The EMI plan that was chosen for this card. Raises Unusable."""
    chosen = next((offer for offer in offers if offer.plan_id == plan_id), None)
    if chosen is None:
        raise Unusable("plan", "Choose a plan from the list.")
    if item.mode != "CC" or item.issuer != chosen.bank:
        kind = "credit" if item.mode == "CC" else "debit"
        raise Unusable(
            "plan", f"This is a {kind} card of {item.bank}; the plan is for credit cards of {chosen.bank_name}."
        )
    return chosen
