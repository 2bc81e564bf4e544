"""How a message can be broken on purpose, as a table: some are changed before Paytm signs them, some on their way.

What is changed before it is signed, Paytm itself says, oddly; what is changed afterwards, somebody else has changed.
Sources: Paytm docs, Checksum; field reports of callbacks (RESPCODE 1, "null", one decimal).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from paytm_kit.simulator.triggers.message import Message

OVERSIZE = 70_000  # characters; the kit reads 64 KiB at most
LOW, LOWEST = "1.00", "0.50"


class CannotApply(ValueError):
    """The message has nothing that this tamper could change. ``str()`` says what is missing."""


Change = Callable[[Message], Message]

# The same fact under every name that Paytm has for it; the first that a message has is changed.
AMOUNT = ("REFUNDAMOUNT", "refundAmount", "disputeAmount", "TXNAMOUNT", "txnAmount", "MAXAMOUNT")
STATUS = ("STATUS", "status", "NOTIFICATIONSTATUS", "disputeStatus")
ORDER = ("ORDERID", "orderId")
MID = ("MID", "mid")
TXN = ("TXNID", "txnId", "transactionId")
CODE = ("RESPCODE", "respCode")
WORDS = ("RESPMSG", "respMsg", "TXNMESSAGE", "message", "refundReason", "BANKNAME")
EMPTY = ("GATEWAYNAME", "gatewayName", "BANKNAME", "bankName", "BANKTXNID", "bankTxnId")

OPPOSITE = {
    "TXN_SUCCESS": "TXN_FAILURE", "TXN_FAILURE": "TXN_SUCCESS", "PENDING": "TXN_SUCCESS",
    "SUCCESS": "FAILURE", "FAILED": "SUCCESS", "ACTIVE": "REJECT", "SUSPENDED": "ACTIVE", "REJECT": "ACTIVE",
    "NEW": "ACCEPTED",
}  # fmt: skip
WORD_CODES = {"TXN_SUCCESS": "01", "TXN_FAILURE": "227"}


def _name(message: Message, names: tuple[str, ...]) -> str:
    for name in names:
        if name in message.fields:
            return name
    raise CannotApply(f"{message.trigger.name} has no {names[0]}")


def _with(message: Message, /, **fields: Any) -> Message:
    return replace(message, fields=message.fields | fields)


def _set(names: tuple[str, ...], value: Callable[[str], str]) -> Change:
    def change(message: Message) -> Message:
        name = _name(message, names)
        return _with(message, **{name: value(str(message.fields[name]))})

    return change


def _other_status(message: Message) -> Message:
    name = _name(message, STATUS)
    said = OPPOSITE.get(message.fields[name], "TXN_SUCCESS")
    code = {field: WORD_CODES[said] for field in CODE if field in message.fields and said in WORD_CODES}
    return _with(message, **{name: said}, **code)


def _forms_only(message: Message) -> None:
    if not message.is_form:
        raise CannotApply(f"{message.trigger.name} is JSON, whose names are signed")


def _rename(message: Message) -> Message:
    """Only the values of a form are signed, in the order of their names: a name that sorts alike goes unnoticed."""
    _forms_only(message)
    name = _name(message, AMOUNT)
    return replace(
        message, fields={(f"{key}_" if key == name else key): value for key, value in message.fields.items()}
    )


def _resplit(message: Message) -> Message:
    """The values are joined by pipes: two neighbours in one field, and the other gone, have the same signature."""
    _forms_only(message)
    first = _name(message, ("RESPCODE", "REFID", "NOTIFICATIONSTATUS", "MID"))
    names = sorted(message.fields)
    second = names[names.index(first) + 1]
    joined = {first: f"{message.fields[first]}|{message.fields[second]}"}
    return replace(message, fields={key: value for key, value in (message.fields | joined).items() if key != second})


def _repeat(message: Message) -> Message:
    _forms_only(message)
    name = _name(message, AMOUNT)
    return replace(message, twice=((name, _lower(message.fields[name])),))


def _null(message: Message) -> Message:
    found = [name for name in EMPTY if name in message.fields]
    if not found:
        raise CannotApply(f"{message.trigger.name} has no {EMPTY[0]}")
    return _with(message, **dict.fromkeys(found, "null"))


def _lower(text: str) -> str:
    return LOW if text != LOW else LOWEST


def _one_decimal(text: str) -> str:
    return text[:-1] if text.endswith("0") else f"{text}0"


def _flip(signature: str) -> str:
    return ("B" if signature[0] == "A" else "A") + signature[1:]


def _signature(change: Callable[[str], str | None]) -> Change:
    def apply(message: Message) -> Message:
        if message.signature is None:
            raise CannotApply(f"{message.trigger.name} is not signed")
        return replace(message, signature=change(message.signature))

    return apply


def _respace(message: Message) -> Message:
    if message.is_form:
        raise CannotApply(f"{message.trigger.name} is a form, which has no white space of its own")
    return replace(message, spaced=True)


class Tamper(NamedTuple):
    name: str
    does: str
    change: Change
    before: bool = False  # whether Paytm signs what comes out


ALL = (
    Tamper("amount", f"the amount becomes {LOW}; the signature is the old one", _set(AMOUNT, _lower)),
    Tamper("status", "a failure becomes a success, a success a failure; the signature is the old one", _other_status),
    Tamper("order", "it names another order; the signature is the old one", _set(ORDER, lambda text: f"{text}X"[-50:])),
    Tamper("mid", "it names another merchant; the signature is the old one", _set(MID, lambda text: text[::-1])),
    Tamper("txnid", "it names another transaction; the signature is the old one", _set(TXN, lambda text: text[::-1])),
    Tamper("signature", "one character of the signature is another", _signature(_flip)),
    Tamper("garbage", "the signature is no signature at all", _signature(lambda _: "%%% not base64 %%%")),
    Tamper("empty-signature", "the signature is there and empty", _signature(lambda _: "")),
    Tamper("unsigned", "there is no signature", _signature(lambda _: None)),
    Tamper("rename", "the amount's field has another name, and the signature still matches", _rename),
    Tamper("resplit", "two fields are in one, joined by a pipe, and the signature still matches", _resplit),
    Tamper("repeat-field", f"the amount comes twice, the second time {LOW}", _repeat),
    Tamper("extra-field", "a field is added after signing", lambda message: _with(message, UDF_1="added")),
    Tamper("respace", "the JSON is written with other white space than was signed", _respace),
    Tamper("new-field", "Paytm sends a field that nobody knows, signed", lambda m: _with(m, NEWFIELD="new"), True),
    Tamper("amount-signed", f"Paytm itself says {LOW}, signed", _set(AMOUNT, _lower), True),
    Tamper("one-decimal", "the amount has one decimal (or three), signed", _set(AMOUNT, _one_decimal), True),
    Tamper("respcode-1", "RESPCODE is 1 instead of 01, signed", _set(CODE, lambda text: text.lstrip("0") or "0"), True),
    Tamper("null", 'bank and gateway are the text "null", signed', _null, True),
    Tamper("pipe", "a text holds a pipe, signed", _set(WORDS, lambda text: f"{text}|"), True),
    Tamper("nul", "a text holds a NUL character, signed", _set(WORDS, lambda text: f"{text}\0"), True),
    Tamper("unicode", "a text is not ASCII, signed", _set(WORDS, lambda text: f"{text} ₹ भुगतान"), True),
    Tamper("oversize", f"a text has {OVERSIZE} characters, signed", _set(WORDS, lambda text: "x" * OVERSIZE), True),
)
BY_NAME = {tamper.name: tamper for tamper in ALL}
