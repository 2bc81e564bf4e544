"""What Zaakpay's return and webhook claim, and whether it signed them. Total: no data makes it raise.

The browser brings a form whose named values are signed; the webhook is a form with ``txnData`` (JSON text, signed to
the byte as received, escaped slashes included) and ``checksum``. V13's return is said to come as one ``data`` text
signed in the same way (unconfirmed): both are read. A claim is a hint; the status API decides.
Source: developer.zaakpay.com, Redirect Flow, Checksum Calculation; webhooks as in the sample of its documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paytm_kit.gateways import inbound, words
from paytm_kit.gateways.base import Account, InboundMessage, Notice, Outcome, State, Verdict
from paytm_kit.gateways.http import Unreadable
from paytm_kit.gateways.zaakpay import answers, fields, signing

SIGNED_TEXTS = ("txnData", "data")
MOST_TRANSACTIONS = 10  # of one webhook, by its documentation
SUCCESS = "100"  # of the return and of webhooks: everything else is no success

_WHY = {
    Verdict.VERIFIED: "signed by Zaakpay",
    Verdict.UNSIGNED: "no checksum",
    Verdict.BAD_SIGNATURE: "the checksum does not match: another key, or a field was changed",
}


def read_notice(message: InboundMessage, account: Account) -> Notice:
    """What a return or webhook claims, and whether one of the account's keys signed it."""
    try:
        form = _form(message)
        signed_text = next((form[name] for name in SIGNED_TEXTS if name in form), None)
        said = [form] if signed_text is None else _transactions(signed_text, account)
    except Unreadable as error:
        return Notice(Verdict.MALFORMED, None, detail=str(error))
    verdict = _verdict(form, signed_text, account)
    claims = [claim for row in said if (claim := _claim(row, account, late=_is_late(row, signed_text))) is not None]
    if not claims:
        return Notice(verdict, None, form, f"{_WHY[verdict]}; no usable order id")
    return Notice(verdict, claims[0], form, _WHY[verdict], also=tuple(claims[1:]))


def _form(message: InboundMessage) -> dict[str, str]:
    kind, text = inbound.opened(message)
    if kind != inbound.FORM:
        raise Unreadable("the content type is no form")
    form = inbound.form(text)
    inbound.no_control_characters({name: value for name, value in form.items() if name not in SIGNED_TEXTS})
    return form


def _verdict(form: Mapping[str, str], signed_text: str | None, account: Account) -> Verdict:
    signature = form.get("checksum", "")
    if not signature:
        return Verdict.UNSIGNED
    if signed_text is None and any(
        "&" in form[name] or "=" in form[name] for name in signing.RETURN_ORDER if name in form
    ):
        # Nothing escapes these in the signed text: with one inside, two different forms have one checksum.
        return Verdict.BAD_SIGNATURE
    text = signing.return_text(form) if signed_text is None else signed_text
    return Verdict.VERIFIED if signing.matches(text, signature, account.keys) else Verdict.BAD_SIGNATURE


def _transactions(text: str, account: Account) -> list[Mapping[str, Any]]:
    """The rows of a signed JSON text: a webhook's ``txns``, or the one object of a V13 return."""
    body = answers.opened(text).body
    merchant = body.get("merchantIdentifier", account.merchant_id)
    if merchant != account.merchant_id:
        raise Unreadable("about another merchant")
    listed = body.get("txns", [body])
    if not isinstance(listed, list) or len(listed) > MOST_TRANSACTIONS:
        raise Unreadable("no list of transactions")
    return [row for row in listed if isinstance(row, dict)]


def _is_late(row: Mapping[str, Any], signed_text: str | None) -> bool:
    """Whether a webhook says that this order became successful later: its id in lower case, mostly without a code."""
    return signed_text is not None and "orderid" in row and answers.text(row.get("responseCode")) in ("", SUCCESS)


def _claim(said: Mapping[str, Any], account: Account, *, late: bool) -> Outcome | None:
    """One transaction's; ``None`` without an order id. A failure is no claim: anything but 100 is asked about."""
    order_id = answers.identifier(said.get("orderId") or said.get("orderid"))
    code = answers.text(said.get("responseCode"))
    amount = fields.rupees(said.get("amount"))
    transaction = answers.identifier(said.get("pgTransId"))
    if not order_id:
        return None
    won = amount is not None and (late or (code == SUCCESS and bool(transaction)))
    return Outcome(
        order_id=order_id,
        state=State.SUCCESS if won else State.UNKNOWN,
        merchant_id=account.merchant_id,
        amount=amount,
        currency=fields.CURRENCY,
        transaction_id=transaction,
        code=code[:64],
        shopper_text=words.RECEIVED if won else words.CONFIRMING,
        transaction_at=answers.moment(answers.text(said.get("pgTransTime"))),
    )
