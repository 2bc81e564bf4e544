"""initiateTransaction: tells Paytm of a payment and gets the token that opens its page (15 minutes).

The same order id with the same contents is the same payment (0002), with other contents a conflict (2023); so the
body must come out byte for byte the same for the same request. Source: Paytm docs, Initiate Transaction API.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from paytm_kit.gateways.base import (
    Account,
    Conflict,
    Refused,
    State,
    Unreachable,
    UntrustedResponse,
    Verdict,
)
from paytm_kit.gateways.paytm import codes, fields, trust
from paytm_kit.gateways.paytm.envelope import Envelope
from paytm_kit.masking import one_line, safe_line

IDEMPOTENT, INCONSISTENT = "0002", "2023"
TOKEN = fields.Rule(r"[!-{}~]{1,256}", "a token")  # documented as at most 64


@dataclass(frozen=True, slots=True)
class StartedTransaction:
    """What Paytm answered: the token for its page, and whether it knew this very request already."""

    order_id: str
    token: str = field(repr=False)
    repeated: bool = False

    def __str__(self) -> str:
        return repr(self)


def body(account: Account, checked: fields.Checked) -> dict[str, object]:
    """The request's body. E-mail and mobile are sent only when usable: they are comforts, not conditions."""
    user = {"custId": checked.customer_id, "email": checked.email, "mobile": checked.mobile}
    return {
        "requestType": "Payment",
        "mid": fields.require_setting("MERCHANT_ID", account.merchant_id, fields.MID, account),
        "websiteName": fields.require_setting("WEBSITE", account.website, fields.WEBSITE, account),
        "orderId": checked.order_id,
        "callbackUrl": checked.callback_url,
        "txnAmount": {"value": checked.amount, "currency": checked.currency},
        "userInfo": {name: value for name, value in user.items() if value},
    }


def read(answer: Envelope, verdict: Verdict, account: Account, order_id: str) -> StartedTransaction:
    """The token. Raises Conflict, Refused, UntrustedResponse, or Unreachable when Paytm itself does not know."""
    result = trust.check(answer, verdict, account, order_id)
    row = codes.find(result.code, codes.Family.INITIATE)
    if result.word == "F" and (row is None or row.state is State.FAILURE):
        raise _refusal(result, row, order_id)
    if result.word != "S" or row is None or row.state is not State.SUCCESS:
        raise Unreachable(
            f"Paytm does not know what became of the start of order {order_id} "
            f"(status {one_line(result.word, 20)!r}, code {one_line(result.code, 20)!r}). "
            "Start it again with the same order id.",
            order_id=order_id,
            gateway_code=one_line(result.code, 64),
        )
    token = answer.body.get("txnToken")
    if not isinstance(token, str) or not TOKEN.accepts(token):
        raise UntrustedResponse(
            f"Paytm accepted order {order_id} but sent no usable txnToken. Start it again with the same order id.",
            order_id=order_id,
        )
    return StartedTransaction(order_id, token, repeated=row.code == IDEMPOTENT)


def _refusal(result: trust.Result, row: codes.Code | None, order_id: str) -> Refused:
    """Paytm's no, with what to do about it."""
    code = one_line(result.code, 64)
    said = safe_line(result.message, 200)
    meaning = row.meaning if row else f"not in the code table, Paytm says: {said!r}"
    action = row.action if row else codes.SUPPORT
    kind = Conflict if result.code == INCONSISTENT else Refused
    error = kind(
        f"Paytm refused to start order {order_id}: code {code}, {meaning}. {action}",
        order_id=order_id,
        gateway_code=code,
    )
    if row and row.shopper:
        error.user_message = row.shopper
    return error
