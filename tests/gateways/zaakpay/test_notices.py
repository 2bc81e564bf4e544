"""What Zaakpay's return and webhook claim, and whether they are Zaakpay's."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paytm_kit.gateways.base import InboundMessage, State, Verdict
from paytm_kit.gateways.zaakpay import ZaakpayGateway
from tests.gateways.zaakpay import wire
from tests.gateways.zaakpay.wire import ACCOUNT, FORM, KEY, OLD_KEY, ORDER, TXNID, form, returned, webhook

gateway = ZaakpayGateway(ACCOUNT)

ROW: dict[str, Any] = {
    "amount": "49900",
    "pgTransId": TXNID,
    "orderId": ORDER,
    "responseCode": "100",
    "responseDescription": "The transaction was completed successfully. ",
    "pgTransTime": "01/15/2026 10:11:12",
}


def test_a_signed_return_is_a_claim() -> None:
    notice = gateway.read_notice(returned())
    assert notice.verdict is Verdict.VERIFIED
    assert notice.claim is not None
    claim = notice.claim
    assert (claim.order_id, claim.state, claim.amount) == (ORDER, State.SUCCESS, Decimal("499.00"))
    assert (claim.transaction_id, claim.merchant_id) == (TXNID, wire.MERCHANT)
    assert claim.transaction_at is not None
    assert claim.transaction_at.isoformat() == "2026-01-15T10:11:12+05:30"


@pytest.mark.parametrize("code", ["400", "103", "", "1OO", "100 "])
def test_anything_but_100_is_no_success_and_no_failure_either(code: str) -> None:
    notice = gateway.read_notice(returned(responseCode=code))
    assert notice.verdict is Verdict.VERIFIED
    assert notice.claim is not None
    assert notice.claim.state is State.UNKNOWN


@pytest.mark.parametrize(
    "changes",
    [{"amount": "100"}, {"orderId": "another"}, {"responseCode": "100", "responseDescription": "x"}, {"bankid": "7"}],
)
def test_a_return_that_was_changed_is_not_believed(changes: dict[str, str]) -> None:
    signed = wire.RETURN
    text = "".join(f"{name}={signed[name]}&" for name in wire.VECTORS["response_field_order"] if name in signed)
    notice = gateway.read_notice(form({**signed, **changes, "checksum": wire.hmac_of(text)}))
    assert notice.verdict is Verdict.BAD_SIGNATURE


def test_a_value_that_moves_a_boundary_is_not_believed() -> None:
    """``bank=A&bankid=7`` in one field has the checksum of two."""
    moved = returned(bank="A&bankid=7")
    assert gateway.read_notice(moved).verdict is Verdict.BAD_SIGNATURE


def test_a_return_without_a_checksum_is_unsigned() -> None:
    assert gateway.read_notice(form(wire.RETURN)).verdict is Verdict.UNSIGNED


def test_an_old_key_verifies_during_a_rotation() -> None:
    rotating = ZaakpayGateway(wire.account(keys=(KEY, OLD_KEY)))
    assert rotating.read_notice(returned(OLD_KEY)).verdict is Verdict.VERIFIED
    assert gateway.read_notice(returned(OLD_KEY)).verdict is Verdict.BAD_SIGNATURE


def test_a_webhook_is_verified_over_its_text_as_it_came_slashes_escaped() -> None:
    vector = next(one for one in wire.VECTORS["json_or_raw_string"] if one["name"].startswith("webhook"))
    notice = gateway.read_notice(form({"txnData": vector["string"], "checksum": vector["checksum"]}))
    assert notice.verdict is Verdict.VERIFIED
    assert notice.order_id == "ORD1001"
    unescaped = vector["string"].replace("\\/", "/")
    assert gateway.read_notice(form({"txnData": unescaped, "checksum": vector["checksum"]})).verdict is (
        Verdict.BAD_SIGNATURE
    )


def test_a_late_webhook_names_several_orders_with_amounts_as_numbers() -> None:
    rows = [
        {"amount": 49900, "orderid": name, "pgTransId": TXNID, "responseCode": "100"} for name in ("a1", "b2", "c3")
    ]
    notice = gateway.read_notice(webhook(*rows))
    assert (notice.order_id, [claim.order_id for claim in notice.also]) == ("a1", ["b2", "c3"])
    assert notice.claim is not None
    assert notice.claim.amount == Decimal("499.00")


def test_a_late_webhook_without_codes_claims_a_success() -> None:
    notice = gateway.read_notice(webhook({"amount": 49900, "orderid": "a1", "txnDate": "2026-01-15 10:11:13"}))
    assert notice.claim is not None
    assert (notice.claim.state, notice.claim.transaction_id) == (State.SUCCESS, "")


def test_a_return_cannot_be_made_a_late_success_by_fields_that_nobody_signed() -> None:
    fields = {"orderId": ORDER, "amount": "49900", "orderid": "another"}
    notice = gateway.read_notice(form({**fields, "checksum": wire.hmac_of(f"amount=49900&orderId={ORDER}&")}))
    assert notice.claim is not None
    assert (notice.order_id, notice.claim.state) == (ORDER, State.UNKNOWN)


def test_the_newer_return_in_one_signed_text_is_read_too() -> None:
    text = json.dumps({"orderId": ORDER, "amount": "49900", "responseCode": "100", "pgTransId": TXNID})
    notice = gateway.read_notice(form({"data": text, "checksum": wire.hmac_of(text)}))
    assert (notice.verdict, notice.order_id) == (Verdict.VERIFIED, ORDER)


@pytest.mark.parametrize(
    "message",
    [
        InboundMessage(b"", FORM),
        InboundMessage(b"a=1&a=2", FORM),
        InboundMessage(b"a=%ff", FORM),
        InboundMessage(b"\xff", FORM),
        InboundMessage(b"orderId=1", "application/json"),
        InboundMessage(b"orderId=1", "multipart/form-data; boundary=x"),
        InboundMessage(b"orderId=%00", FORM),
        InboundMessage(b"txnData=%7B&checksum=x", FORM),
        InboundMessage(b"txnData=%5B%5D&checksum=x", FORM),
        InboundMessage(b"x" * (64 * 1024 + 1), FORM),
        webhook(*[ROW] * 11),
        form({"txnData": '{"merchantIdentifier":"another","txns":[]}', "checksum": "x"}),
    ],
)
def test_what_cannot_be_read_is_malformed(message: InboundMessage) -> None:
    assert gateway.read_notice(message).verdict is Verdict.MALFORMED


@given(st.binary(max_size=300), st.sampled_from([FORM, "application/json", "", "text/plain; charset=latin-1"]))
def test_no_bytes_make_it_raise_or_verify(body: bytes, kind: str) -> None:
    assert gateway.read_notice(InboundMessage(body, kind)).verdict is not Verdict.VERIFIED
