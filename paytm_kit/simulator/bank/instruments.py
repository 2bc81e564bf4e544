"""The test instruments: which card, UPI ID, bank or wallet leads to which outcome. One table for page and terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from paytm_kit.simulator.bank import parties
from paytm_kit.simulator.bank.cards import with_check_digit
from paytm_kit.simulator.bank.machine import Decision, Outcome
from paytm_kit.simulator.wire import codes

CARD_OTP = "123123"  # of Paytm's own staging
WALLET_OTP = "489871"  # of Paytm's own staging
OTP_TRIES = 3
OTP_RESENDS = 3
OTP_LIFE = timedelta(minutes=2)  # Paytm docs, Send OTP API
COLLECT_LIFE = timedelta(minutes=5)  # how long a UPI collect request waits for its answer; Paytm's is unconfirmed


class Method(StrEnum):
    UPI = "upi"
    CARD = "card"
    NETBANKING = "netbanking"
    WALLET = "wallet"


LABELS = {Method.UPI: "UPI IDs", Method.CARD: "Cards", Method.NETBANKING: "Banks", Method.WALLET: "Wallets"}

# PAYMENTMODE and GATEWAYNAME as callbacks and status carry them (Paytm docs, Payment Status). A card's mode and
# acquirer and a bank's gateway come from the instrument.
WIRE_MODE = {Method.UPI: "UPI", Method.CARD: "CC", Method.NETBANKING: "NB", Method.WALLET: "PPI"}
GATEWAY = {Method.UPI: "PPBLC", Method.CARD: "KDBL", Method.NETBANKING: "SIMB", Method.WALLET: "WALLET"}

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
    bank: str = ""  # BANKNAME
    gateway: str = ""  # GATEWAYNAME
    scheme: str = ""  # a network of bank/parties
    issuer: str = ""  # these two: parties, too
    acquirer: str = ""
    funds: Decimal | None = None  # rupees that were on it at first; None: without end
    daily: Decimal | None = None  # rupees that it pays on one Indian day
    by_amount: bool = False  # whole rupees are the code
    common: bool = False  # shown first

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
        if self.by_amount:
            return "the code of as many whole rupees: ₹ 227.00 ends with 227; any other is a success (01)"
        if self.funds is not None or self.daily is not None:
            return f"success (01) until ₹ {self.funds or self.daily} are spent{' that day' if self.daily else ''}"
        if self.decision is None:
            return "you decide on the next page"
        if self.decision.settles_as:
            return f"pending ({self.decision.code}), then {self.decision.settles_as}"
        return f"{self.decision.outcome} ({self.decision.code})"

    def decided(self, amount: Decimal) -> Decision | None:
        """The decision that this instrument forces for an amount in rupees."""
        code = f"{int(amount):02d}"
        if self.by_amount and amount == int(amount) and code in codes.PAYMENT:
            return Decision.saying(code)
        return self.decision


def of_card(digits: str, label: str, decision: Decision | None, **more: object) -> Instrument:
    """The card with this number, which must be one of a known network."""
    network = parties.network(digits)
    assert network, digits
    issued = parties.card_range(digits, network)
    return Instrument(
        Method.CARD, digits, label, decision, issued.mode, parties.name(issued.issuer), network.acquirer,
        network.code, issued.issuer, network.acquirer, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def of_vpa(vpa: str, label: str, decision: Decision | None, **more: object) -> Instrument:
    issuer = parties.handle(vpa).bank
    return Instrument(
        Method.UPI, vpa, label, decision, issuer=issuer, acquirer="PAYEE-PSP", **more  # type: ignore[arg-type]
    )  # fmt: skip


def _bank(code: str, decision: Decision | None = None, label: str = "") -> Instrument:
    bank = parties.name(code)
    label = f"{bank}: {label}" if label else bank
    return Instrument(
        Method.NETBANKING, code, label, decision, bank=bank, gateway=code, issuer=code, acquirer=code,
        common=decision is None,
    )  # fmt: skip


def _wallet(mobile: str, label: str, decision: Decision, **more: object) -> Instrument:
    return Instrument(
        Method.WALLET, mobile, label, decision, bank="WALLET", issuer="WALLET", acquirer="WALLET", **more  # type: ignore[arg-type]
    )  # fmt: skip


def _numbered(digits: str) -> str:
    """A Visa number that ends with these digits and a check digit: a code's card can be read off its end."""
    return with_check_digit("400000000000000"[: 15 - len(digits)] + digits)


USUAL_CARDS = (
    of_card("4111111111111111", "Visa credit", SUCCESS, common=True),
    of_card("5555555555554444", "Mastercard credit", SUCCESS, common=True),
    of_card("6074825972083818", "RuPay debit", SUCCESS, common=True),
    of_card("378282246310005", "American Express credit, CVV of 4 digits", SUCCESS),
    of_card("6759649826438453", "Maestro debit", SUCCESS),
    of_card("4242424242424242", "Visa credit of another bank", SUCCESS),
    of_card("4012888888881881", "Visa debit", SUCCESS),
    of_card("4000000000000002", "declined by the bank", declined("227"), common=True),
    of_card("4000000000009995", "not enough credit", declined("202"), common=True),
    of_card("4000000000000069", "expired at the bank", declined("207")),
    of_card("4000000000000127", "wrong card details", declined("209")),
    of_card("4000000000000259", "bank answers late", PENDING_THEN_SUCCESS, common=True),
    of_card(_numbered("1000"), "has ₹ 1,000", SUCCESS, funds=Decimal(1000)),
    of_card(_numbered("2000"), "pays ₹ 2,000 a day", SUCCESS, daily=Decimal(2000)),
    of_card(_numbered("3000"), "the amount decides", SUCCESS, by_amount=True),
)

# Each number ends with its code and a check digit (RC-00018: with 018).
CODE_CARDS = tuple(
    of_card(_numbered(code[-3:]), label, Decision.saying(code))
    for code, label in (
        ("118", "limit of one payment"),
        ("153", "the network has a fault"),
        ("196", "above the allowed amount"),
        ("205", "restricted card"),
        ("208", "declined by the acquirer"),
        ("210", "lost card"),
        ("220", "bank is down"),
        ("222", "amount mismatch"),
        ("232", "security violation"),
        ("237", "the bank asks to retry"),
        ("312", "card not supported"),
        ("315", "invalid year"),
        ("372", "locked after too many OTPs"),
        ("400", "status not confirmed"),
        ("401", "not permitted to the cardholder"),
        ("510", "merchant not known to the acquirer"),
        ("RC-00018", "the merchant's limit is crossed"),
    )
)

CARDS = USUAL_CARDS + CODE_CARDS

VPAS = (
    of_vpa("success@demo", "approved at once", SUCCESS, common=True),
    of_vpa("failure@demo", "declined by the customer", declined("227"), common=True),
    of_vpa("wrong@demo", "no such UPI ID", declined("295"), common=True),
    of_vpa("pending@demo", "approved late", PENDING_THEN_SUCCESS, common=True),
    of_vpa("pendingfail@demo", "declined late", PENDING_THEN_FAILURE, common=True),
    of_vpa("anyone@demo", "any other UPI ID: approve or decline by hand", None, common=True),
    of_vpa("processing@demo", "status not confirmed", Decision.saying("400")),
    of_vpa("nofunds@demo", "account is empty", declined("202")),
    of_vpa("limit@demo", "limit of one payment", declined("118")),
    of_vpa("cap@demo", "above UPI's own limit", declined("196")),
    of_vpa("bankdown@demo", "the customer's bank is down", declined("220")),
    of_vpa("debitfailed@demo", "the bank could not debit", declined("401")),
    of_vpa("pin@demo", "wrong UPI PIN", declined("931")),
    of_vpa("pintries@demo", "too many wrong UPI PINs", declined("372")),
    of_vpa("changed@demo", "mobile number changed", declined("820")),
    of_vpa("frozen@demo", "account frozen", declined("843")),
    of_vpa("expired@demo", "collect request expired", declined("810")),
    of_vpa("mandategap@demo", "mandate debited too soon", declined("267")),
    of_vpa("cancelled@demo", "given up by the shopper", Decision(Outcome.CANCEL, "141")),
    of_vpa("cancelled8102@demo", "given up, another code", Decision(Outcome.CANCEL, "8102")),
    of_vpa("cancelled8103@demo", "given up, another code", Decision(Outcome.CANCEL, "8103")),
    of_vpa("cancelled14112@demo", "given up, another code", Decision(Outcome.CANCEL, "14112")),
    of_vpa("thousand@demo", "account has ₹ 1,000", SUCCESS, funds=Decimal(1000)),
    of_vpa("amount@demo", "the amount decides", SUCCESS, by_amount=True),
)

BANKS = (
    _bank("SDBL"),
    _bank("GDBL"),
    _bank("NDBL"),
    _bank("TDBL", declined("220"), "is down"),
    _bank("CDBL", PENDING_THEN_SUCCESS, "answers late"),
)

WALLETS = (
    _wallet("7777777777", "wallet with money", SUCCESS, common=True),
    _wallet("7777777778", "wallet without enough money", declined("235"), common=True),
    _wallet("7777777776", "wallet with ₹ 500", SUCCESS, funds=Decimal(500)),
    _wallet("7777777770", "closed wallet", declined("243")),
    _wallet("7777777771", "blocked user", declined("130")),
    _wallet("7777777772", "balance cannot be consulted", declined("163")),
    _wallet("7777777773", "above the wallet's limit", declined("260")),
    _wallet("7777777774", "user not verified", declined("274")),
    _wallet("7777777775", "wrong passcode", declined("931")),
)

ALL = VPAS + CARDS + BANKS + WALLETS


def mask(item: Instrument) -> str:
    """What may be kept of an instrument: a card's last four digits, a contact without its middle."""
    if item.method is Method.CARD:
        return f"card ending {item.value[-4:]}"
    if item.method is Method.UPI:
        who, _, handle = item.value.partition("@")
        return f"{who[:1]}***@{handle}"
    return f"******{item.value[-4:]}" if item.method is Method.WALLET else item.bank


def listing(*, common: bool = False) -> Iterator[str]:
    """The whole table, or what is most used of it, as lines of text for a terminal."""
    yield "Test instruments. None of them is real, no money moves."
    for method in Method:
        yield ""
        yield LABELS[method]
        for item in ALL:
            if item.method is method and (item.common or not common):
                yield f"  {item.value:<20} {item.label:<46} {item.effect}"
    yield ""
    yield f"Card OTP {CARD_OTP}, any expiry in the future, any CVV. Wallet OTP {WALLET_OTP}."
