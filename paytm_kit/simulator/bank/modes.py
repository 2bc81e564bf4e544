"""Which ways to pay a merchant allows for one order. Pure; ``Order.modes`` holds Paytm's words, none means all."""

from __future__ import annotations

from collections.abc import Sequence

from paytm_kit.simulator.bank.instruments import Instrument, Method

# What this simulator can be paid with: PAYMENTMODE, and UPI_INTENT for UPI by link or QR code.
OFFERED = ("UPI", "UPI_INTENT", "CC", "DC", "EMI", "NB", "PPI")

# enablePaymentMode and disablePaymentMode (Paytm docs, Initiate Transaction API; names of Payment Modes and, for the
# short forms, of Paytm's agent skills). Modes that the simulator does not have are known and change nothing.
WORDS: dict[str, tuple[str, ...]] = {
    "UPI": ("UPI", "UPI_INTENT"), "UPI_INTENT": ("UPI_INTENT",),
    "CREDIT_CARD": ("CC",), "CC": ("CC",), "DEBIT_CARD": ("DC",), "DC": ("DC",), "CARD": ("CC", "DC"),
    "EMI": ("EMI",), "EMI_DC": (), "NET_BANKING": ("NB",), "NB": ("NB",), "BALANCE": ("PPI",), "PPI": ("PPI",),
    "PAYTM_DIGITAL_CREDIT": (), "BANK_TRANSFER": (), "BANK_MANDATE": (), "GIFT_VOUCHER": (), "COD": (),
    "ADVANCE_DEPOSIT_ACCOUNT": (),
}  # fmt: skip
CHANNELS = {"UPI": "UPI", "UPIPUSH": "UPI_INTENT", "UPIPUSHEXPRESS": "UPI_INTENT"}  # of UPI: collect or intent

WAYS = {Method.UPI: ("UPI",), Method.CARD: ("CC", "DC", "EMI"), Method.NETBANKING: ("NB",), Method.WALLET: ("PPI",)}
SAID = {
    "UPI": "a UPI ID", "UPI_INTENT": "a UPI app", "CC": "credit card", "DC": "debit card", "EMI": "EMI",
    "NB": "net banking", "PPI": "wallet",
}  # fmt: skip


def chosen(mode: str, channels: Sequence[object]) -> tuple[str, ...]:
    """The words behind one entry of a merchant's list; channels narrow UPI and nothing else. Raises KeyError."""
    words = WORDS[mode]
    if mode != "UPI":
        return words
    return tuple(CHANNELS[name] for name in channels if isinstance(name, str) and name in CHANNELS) or words


def open_ways(allowed: Sequence[str]) -> dict[str, bool]:
    """What the payment page shows: each method, ``scan`` for UPI by link or code, ``emi``, and cards ``in_full``."""
    words = set(allowed or OFFERED)
    ways = {str(method): bool(words & set(modes)) for method, modes in WAYS.items()}
    return ways | {"scan": "UPI_INTENT" in words, "emi": "EMI" in words, "in_full": bool(words & {"CC", "DC"})}


def refusal(allowed: Sequence[str], instrument: Instrument, *, emi: bool = False, scanned: bool = False) -> str:
    """Why the shop does not take this, or ""."""
    mode = "EMI" if emi else "UPI_INTENT" if scanned else instrument.mode or WAYS[instrument.method][0]
    words = allowed or OFFERED
    if mode in words:
        return ""
    return f"This shop does not take {SAID.get(mode, mode)} for this order, but {', '.join(SAID[w] for w in words)}."
