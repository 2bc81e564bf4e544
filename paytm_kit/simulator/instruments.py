"""The test instruments: which card, VPA, bank or wallet leads to which outcome. One table for page and terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from paytm_kit.simulator.machine import Decision, Outcome

CARD_OTP = "123123"  # of Paytm's own staging
WALLET_OTP = "489871"  # of Paytm's own staging
OTP_TRIES = 3


class Method(StrEnum):
    UPI = "upi"
    CARD = "card"
    NETBANKING = "netbanking"
    WALLET = "wallet"


LABELS = {Method.UPI: "UPI IDs", Method.CARD: "Cards", Method.NETBANKING: "Banks", Method.WALLET: "Wallets"}

# PAYMENTMODE and GATEWAYNAME as callbacks and status carry them (Paytm docs, Payment Status). A card's mode and a
# bank's gateway come from the instrument.
WIRE_MODE = {Method.UPI: "UPI", Method.CARD: "CC", Method.NETBANKING: "NB", Method.WALLET: "PPI"}
GATEWAY = {Method.UPI: "PPBLC", Method.CARD: "HDFC", Method.NETBANKING: "SIMB", Method.WALLET: "WALLET"}

SUCCESS = Decision.usual(Outcome.SUCCESS)
PENDING_THEN_SUCCESS = Decision.usual(Outcome.PENDING)
PENDING_THEN_FAILURE = Decision(Outcome.PENDING, "402", Outcome.FAILURE)


def declined(code: str) -> Decision:
    return Decision(Outcome.FAILURE, code)


@dataclass(frozen=True, slots=True)
class Instrument:
    """``decision`` None: somebody plays the bank and is asked on a page of its own."""

    method: Method
    value: str
    label: str
    decision: Decision | None
    mode: str = ""
    bank: str = ""
    gateway: str = ""
    scheme: str = ""

    @property
    def shown(self) -> str:
        """A card number in groups of four, anything else as it is."""
        return " ".join(re.findall(r"\d{1,4}", self.value)) if self.method is Method.CARD else self.value

    @property
    def group(self) -> str:
        return LABELS[self.method]

    @property
    def effect(self) -> str:
        """The outcome in words."""
        if self.decision is None:
            return "you decide on the next page"
        if self.decision.settles_as:
            return f"pending ({self.decision.code}), then {self.decision.settles_as}"
        return f"{self.decision.outcome} ({self.decision.code})"


_SAHYADRI = "Sahyadri Demo Bank"


def _card(number: str, label: str, decision: Decision, scheme: str = "VISA", mode: str = "CC") -> Instrument:
    return Instrument(Method.CARD, number, label, decision, mode, _SAHYADRI, scheme=scheme)


CARDS = (
    _card("4111111111111111", "Visa credit", SUCCESS),
    _card("5555555555554444", "Mastercard credit", SUCCESS, "MASTER"),
    _card("6074825972083818", "RuPay debit", SUCCESS, "RUPAY", "DC"),
    _card("4000000000000002", "declined by the bank", declined("227")),
    _card("4000000000009995", "not enough credit", declined("202")),
    _card("4000000000000069", "expired at the bank", declined("207")),
    _card("4000000000000127", "wrong card details", declined("209")),
    _card("4000000000000259", "bank answers late", PENDING_THEN_SUCCESS),
)

VPAS = (
    Instrument(Method.UPI, "success@demo", "approved at once", SUCCESS),
    Instrument(Method.UPI, "failure@demo", "declined by the bank", declined("227")),
    Instrument(Method.UPI, "wrong@demo", "no such UPI ID", declined("295")),
    Instrument(Method.UPI, "pending@demo", "approved late", PENDING_THEN_SUCCESS),
    Instrument(Method.UPI, "pendingfail@demo", "declined late", PENDING_THEN_FAILURE),
    Instrument(Method.UPI, "anyone@demo", "any other UPI ID: approve or decline by hand", None),
)

BANKS = (
    Instrument(Method.NETBANKING, "SDBL", _SAHYADRI, None, bank=_SAHYADRI, gateway="SDBL"),
    Instrument(Method.NETBANKING, "GDBL", "Godavari Demo Bank", None, bank="Godavari Demo Bank", gateway="GDBL"),
    Instrument(Method.NETBANKING, "NDBL", "Narmada Demo Bank", None, bank="Narmada Demo Bank", gateway="NDBL"),
)

WALLETS = (
    Instrument(Method.WALLET, "7777777777", "wallet with money", SUCCESS, bank="WALLET"),
    Instrument(Method.WALLET, "7777777778", "wallet without enough money", declined("235"), bank="WALLET"),
)

ALL = VPAS + CARDS + BANKS + WALLETS

# The network by its first digits, narrowest first: RuPay shares prefixes with others.
SCHEMES = (
    (r"508[5-9]|60(69|7|8)|652|653|81|82", "RUPAY", 16, "DC"),
    (r"4", "VISA", 16, "CC"),
    (r"5[1-5]|2(2[2-9]|[3-6]|7[01]|720)", "MASTER", 16, "CC"),
    (r"3[47]", "AMEX", 15, "CC"),
    (r"5[0678]|6", "MAESTRO", 16, "DC"),
)


class Unusable(ValueError):
    """The shopper's entry cannot be used. ``str()`` is what the page says; ``field`` is where."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


def luhn(digits: str) -> bool:
    total = sum(int(d) for d in digits[-1::-2])
    return (total + sum(sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])) % 10 == 0


def card(number: str, expiry: str, cvv: str, today: date) -> Instrument:
    """The card that was typed. Raises Unusable. Any well-formed number of a known network works, as on staging."""
    digits = re.sub(r"[ -]", "", number)
    network = next((row for row in SCHEMES if re.match(row[0], digits)), None)
    if not re.fullmatch(r"\d{12,19}", digits, re.ASCII) or not luhn(digits):
        raise Unusable("number", "This is not a card number. Use one of the test cards on this page.")
    if network is None or len(digits) != network[2]:
        raise Unusable("number", "This card's network is not accepted here. Use one of the test cards on this page.")
    expires = re.fullmatch(r"(0[1-9]|1[0-2])\s*/\s*(?:20)?(\d\d)", expiry.strip(), re.ASCII)
    if not expires:
        raise Unusable("expiry", "Write the expiry as MM/YY, for example 12/30.")
    if (2000 + int(expires[2]), int(expires[1])) < (today.year, today.month):
        raise Unusable("expiry", "This card has expired. Any date in the future will do.")
    length = 4 if network[1] == "AMEX" else 3
    if not re.fullmatch(rf"\d{{{length}}}", cvv.strip(), re.ASCII):
        raise Unusable("cvv", f"The CVV has {length} digits. Any will do, for example {'1234'[:length]}.")
    known = next((item for item in CARDS if item.value == digits), None)
    return known or _card(digits, network[1], SUCCESS, network[1], network[3])


def vpa(text: str) -> Instrument:
    """The UPI ID that was typed. Raises Unusable."""
    typed = text.strip().lower()
    if not re.fullmatch(r"[a-z0-9._-]{2,100}@[a-z][a-z0-9]{1,49}", typed, re.ASCII):
        raise Unusable("vpa", "A UPI ID looks like name@bank, for example success@demo.")
    known = next((item for item in VPAS if item.value == typed), None)
    return known or Instrument(Method.UPI, typed, "UPI ID", None)


def bank(code: str) -> Instrument:
    """The bank that was chosen. Raises Unusable."""
    for item in BANKS:
        if item.value == code:
            return item
    raise Unusable("bank", "Choose a bank from the list.")


def wallet(mobile: str) -> Instrument:
    """The wallet that was named. Raises Unusable."""
    digits = re.sub(r"[ +-]", "", mobile)
    for item in WALLETS:
        if item.value == digits:
            return item
    raise Unusable("mobile", f"There is no wallet with this number. Use {WALLETS[0].value}.")


def mask(item: Instrument) -> str:
    """What may be kept of an instrument: a card's last four digits, a contact without its middle."""
    if item.method is Method.CARD:
        return f"card ending {item.value[-4:]}"
    if item.method is Method.UPI:
        name, _, handle = item.value.partition("@")
        return f"{name[:1]}***@{handle}"
    return f"******{item.value[-4:]}" if item.method is Method.WALLET else item.bank


def listing() -> Iterator[str]:
    """The whole table as lines of text, for a terminal."""
    yield "Test instruments. None of them is real, no money moves."
    for method in Method:
        yield ""
        yield LABELS[method]
        for item in ALL:
            if item.method is method:
                yield f"  {item.value:<20} {item.label:<46} {item.effect}"
    yield ""
    yield f"Card OTP {CARD_OTP}, any expiry in the future, any CVV. Wallet OTP {WALLET_OTP}."
