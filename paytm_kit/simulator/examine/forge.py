"""Messages as Paytm would write them, and as somebody who is not Paytm would. Pure.

Sources: Paytm docs, Payment Status; Callback and Webhook. What the signature of a form does not bind: the names of the
fields, and where one value ends and the next begins, because only the values are signed, in the order of their names,
joined by pipes (Paytm's checksum libraries).
"""

from __future__ import annotations

import json
import random
import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

from paytm_kit import checksum
from paytm_kit.simulator.examine.wire import Message

JSON = "application/json"
SIGNATURE = "CHECKSUMHASH"
FOREIGN_KEY = "not-the-shop-key"
FOREIGN_MID = "SOMEONEELSE000000001"
TOO_LARGE = 70 * 1024  # bytes
MANY_FIELDS = 2000

STATE = {  # in the simulator's books → STATUS, RESPCODE, RESPMSG
    "success": ("TXN_SUCCESS", "01", "Txn Success"),
    "failure": ("TXN_FAILURE", "227", "Payment declined by the bank"),
    "pending": ("PENDING", "402", "Not confirmed by the bank yet"),
    "started": ("PENDING", "402", "Not confirmed by the bank yet"),
}


def sign(fields: Mapping[str, str], key: str) -> dict[str, str]:
    unsigned = {name: value for name, value in fields.items() if name != SIGNATURE}
    return unsigned | {SIGNATURE: checksum.sign(unsigned, key)}


def fields_of(order: Mapping[str, Any], transaction: Mapping[str, Any]) -> dict[str, str]:
    """The unsigned callback about this transaction of the simulator's books."""
    status, code, text = STATE[transaction["status"]]
    day = transaction["txn_id"][:8]
    return {
        "ORDERID": order["order_id"],
        "MID": order["mid"],
        "TXNID": transaction["txn_id"],
        "TXNAMOUNT": transaction["amount"],
        "PAYMENTMODE": transaction["mode"] or "UPI",
        "CURRENCY": order["currency"],
        "TXNDATE": f"{day[:4]}-{day[4:6]}-{day[6:]} 10:11:12.0",
        "STATUS": status,
        "RESPCODE": transaction["respcode"] or code,
        "RESPMSG": text,
        "GATEWAYNAME": "PPBLC",
        "BANKTXNID": transaction["bank_txn_id"],
    }


def as_success(fields: Mapping[str, str], amount: str) -> dict[str, str]:
    """The same message, unsigned, saying that the whole amount was paid."""
    status, code, text = STATE["success"]
    kept = {name: value for name, value in fields.items() if name != SIGNATURE}
    return kept | {
        "STATUS": status, "RESPCODE": code, "RESPMSG": text, "TXNAMOUNT": amount, "BANKTXNID": "103000000001",
    }  # fmt: skip


def as_webhook(fields: Mapping[str, str], key: str) -> dict[str, str]:
    """The callback's fields as the webhook has them: a bare TXNDATE, and some more."""
    more = {"TXNDATETIME": fields["TXNDATE"], "CUSTID": "C_17", "TXNTYPE": "SALE"} if "TXNDATE" in fields else {}
    return sign({**fields, **more, **({"TXNDATE": fields["TXNDATE"][:10]} if more else {})}, key)


def form(fields: Mapping[str, str] | Iterable[tuple[str, str]], what: str) -> Message:
    return Message(what, urlencode(list(fields.items()) if isinstance(fields, Mapping) else list(fields)).encode())


@dataclass(frozen=True, slots=True)
class Material:
    """What a forger has in hand about one order: each is a whole message."""

    genuine: dict[str, str]  # signed: the last thing that Paytm truly said of this order
    success: dict[str, str]  # unsigned: what Paytm would say, had everything been paid
    other: dict[str, str]  # signed: the success of another order
    key: str  # the shop's; only Paytm and the shop know it
    amount: str


Forger = Callable[[Material], list[Message]]


def unsigned(m: Material) -> list[Message]:
    return [form(m.success, "a success without CHECKSUMHASH")]


def tampered_status(m: Material) -> list[Message]:
    claim = m.success | {SIGNATURE: m.genuine[SIGNATURE]}
    only_status = m.genuine | {"STATUS": "TXN_SUCCESS"}
    return [
        form(claim, "a success with the failure's signature"),
        form(only_status, "only STATUS changed"),
        form(only_status | {"RESPCODE": "01"}, "STATUS and RESPCODE changed"),
    ]


def tampered_amount(m: Material) -> list[Message]:
    return [form({**m.genuine, "TXNAMOUNT": m.amount}, "TXNAMOUNT raised, old signature")]


def swapped_order(m: Material) -> list[Message]:
    swapped = {**m.other, "ORDERID": m.success["ORDERID"]}
    return [
        form(swapped, "another order's success with this ORDERID"),
        form(swapped | {"TXNAMOUNT": m.amount}, "the same with this amount"),
    ]


def other_unchanged(m: Material) -> list[Message]:
    return [form(m.other, "another order's success, as it was signed")]


def repeated_order(m: Material) -> list[Message]:
    mine = ("ORDERID", m.success["ORDERID"])
    pairs = list(m.other.items())
    return [
        form([*pairs, mine], "another order's success, then this ORDERID"),
        form([mine, *pairs], "this ORDERID, then another order's success"),
    ]


def repeated_status(m: Material) -> list[Message]:
    lie = [("STATUS", "TXN_SUCCESS"), ("RESPCODE", "01")]
    pairs = list(m.genuine.items())
    return [form([*pairs, *lie], "STATUS again, at the end"), form([*lie, *pairs], "STATUS before the true one")]


def foreign_key(m: Material) -> list[Message]:
    return [form(sign(m.success, FOREIGN_KEY), "a success signed with another key")]


def foreign_mid(m: Material) -> list[Message]:
    return [form(sign({**m.success, "MID": FOREIGN_MID}, m.key), "a success of another MID")]


def signed_success(m: Material) -> list[Message]:
    return [form(sign(m.success, m.key), "a signed success that the bank knows nothing of")]


def renamed(m: Material) -> list[Message]:
    """A shopper's own text comes back as the last value; under other names the same values say another amount.

    Only names change, and they keep the order of the values, so the signature still verifies.
    """
    truth = sign({**m.genuine, "udf_1": m.amount}, m.key)
    names = {"TXNAMOUNT": "STATUS_1", "TXNDATE": "STATUS_2", "TXNID": "STATUS_3", "udf_1": "TXNAMOUNT"}
    return [form({names.get(name, name): value for name, value in truth.items()}, "fields renamed, signature verifies")]


def resplit(m: Material) -> list[Message]:
    """A pipe in a text that the shopper wrote; cut there, it becomes a STATUS of its own."""
    note = "Declined, said the payer"
    truth = sign({**m.genuine, "RESPCODE": "01", "RESPMSG": f"{note}|TXN_SUCCESS"}, m.key)
    cut = {**truth, "RESPMSG": note, "STATUS": "TXN_SUCCESS", "STATUS_1": truth["STATUS"]}
    return [form(cut, "RESPMSG cut at its pipe, signature verifies"), form(truth, "a pipe inside RESPMSG, as signed")]


def merged(m: Material) -> list[Message]:
    """STATUS disappears into the field before it; the signed text stays the same."""
    hidden = {**m.genuine, "RESPMSG": f"{m.genuine['RESPMSG']}|{m.genuine['STATUS']}"}
    del hidden["STATUS"]
    return [form(hidden, "STATUS merged into RESPMSG, signature verifies")]


def garbage_signatures(m: Material) -> list[Message]:
    draw = random.Random(m.success["ORDERID"])  # noqa: S311 - garbage that can be made again
    letters = "".join(draw.choices(string.ascii_letters + string.digits + "+/", k=107))
    spoilt = {
        "empty": "",
        "short": "abc",
        "one block": "AAAAAAAAAAAAAAAAAAAAAA==",
        "not Base64": "!?*~" * 27,
        "108 random characters": f"{letters}=",
        "Unicode": "₹é漢" * 20,
        "very long": "A" * 20_000,
        "with spaces for plus": checksum.sign(dict(m.success), FOREIGN_KEY).replace("+", " "),
        "the text null": "null",
    }
    return [form(m.success | {SIGNATURE: text}, f"CHECKSUMHASH {what}") for what, text in spoilt.items()]


def missing(m: Material) -> list[Message]:
    whole = m.success | {SIGNATURE: m.genuine[SIGNATURE]}
    return [form(_without(whole, name), f"a success without {name}, old signature") for name in whole]


def missing_signed(m: Material) -> list[Message]:
    names = [name for name in m.genuine if name != SIGNATURE]
    return [form(sign(_without(m.genuine, name), m.key), f"signed without {name}") for name in names]


def _without(fields: Mapping[str, str], left_out: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if name != left_out}


def by_get(m: Material) -> list[Message]:
    return [
        Message("GET with a success in the address", method="GET", query=urlencode(m.success)),
        Message("GET with nothing", method="GET"),
    ]


def empty(m: Material) -> list[Message]:
    return [Message("an empty form"), Message("nothing, not even a content type", content_type="")]


def as_json(m: Material) -> list[Message]:
    text = json.dumps({"head": {"signature": ""}, "body": dict(m.success)})
    bodies = {
        "a JSON object": text,
        "a JSON list": "[]",
        "a JSON number": "1",
        "broken JSON": text[:-9],
        "null": "null",
    }
    return [Message(what, body.encode(), JSON) for what, body in bodies.items()]


def too_large(m: Material) -> list[Message]:
    return [form({**m.success, "RESPMSG": "x" * TOO_LARGE}, "70 KB in one field")]


def many_fields(m: Material) -> list[Message]:
    return [form({**m.success, **{f"X{number}": "" for number in range(MANY_FIELDS)}}, f"{MANY_FIELDS} more fields")]


def nul_bytes(m: Material) -> list[Message]:
    order_id = m.success["ORDERID"]
    return [
        form({**m.success, "ORDERID": f"{order_id}\0"}, "NUL after the ORDERID"),
        form({**m.success, "RESPMSG": "\0" * 9, SIGNATURE: "\0"}, "NUL in RESPMSG and CHECKSUMHASH"),
        form({**m.success, "STATUS\0": "TXN_SUCCESS"}, "NUL in a name"),
    ]


def bad_encoding(m: Material) -> list[Message]:
    good = urlencode(dict(m.success))
    bodies = {
        "a percent sign alone": f"{good}&X=%",
        "percent-encoded bytes that are no UTF-8": f"{good}&X=%ff%fe%c3",
        "half of a surrogate pair": f"{good}&X=%ed%a0%80",
    }
    charset = "application/x-www-form-urlencoded; charset="
    return [
        *(Message(what, body.encode()) for what, body in bodies.items()),
        Message("raw bytes that are no UTF-8", good.encode() + b"&X=\xff\xfe\xc3"),
        Message("UTF-16", good.encode("utf-16"), f"{charset}utf-16"),
        Message("a charset that does not exist", good.encode(), f"{charset}no-such-thing"),
    ]


def broken_multipart(m: Material) -> list[Message]:
    part = f'--x\r\nContent-Disposition: form-data; name="ORDERID"\r\n\r\n{quote_plus(m.success["ORDERID"])}'
    return [
        Message("multipart that ends in the middle", part.encode(), "multipart/form-data; boundary=x"),
        Message("multipart without a boundary", part.encode(), "multipart/form-data"),
        Message("an unknown content type", urlencode(dict(m.success)).encode(), "application/x-unknown"),
    ]
