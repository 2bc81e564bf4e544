"""Stripe's webhooks: which are signed, what they claim, and that none makes anything fall over."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from paytm_kit.gateways.base import DisputeState, InboundMessage, Notice, State, Verdict
from paytm_kit.gateways.stripe import StripeGateway
from paytm_kit.masking import redact_body
from tests.gateways.stripe import wire
from tests.gateways.stripe.wire import (
    ACCOUNT,
    CHARGE,
    INTENT,
    MERCHANT,
    ORDER,
    REFUND,
    REFUND_ID,
    WEBHOOK_SECRET,
    event,
    webhook,
)

JSON = "application/json; charset=utf-8"
GATEWAY = StripeGateway(ACCOUNT)
PAID = event("checkout.session.completed", wire.session("complete", "paid", INTENT))


def read(message: InboundMessage) -> Notice:
    return GATEWAY.read_notice(message)


# -- signatures


def test_a_signature_that_was_made_elsewhere_is_found_right() -> None:
    """The known answer of the reference, computed with hmac alone."""
    body = (
        '{"id":"evt_fake_1","object":"event","type":"checkout.session.completed","data":{"object":{"id":"cs_test_fake",'
        '"object":"checkout.session","payment_status":"paid","client_reference_id":"ORD1"}}}'
    )
    v1 = "edbe9c85b3a5cac2117c4cb43e6ce50f82f570ed89f1388a6006b4606f006b5f"
    assert wire.signature(body, "whsec_fake_0123456789", 1_700_000_000) == v1
    gateway = StripeGateway(wire.account(webhook_secrets=("whsec_fake_0123456789",)))
    message = InboundMessage(body.encode(), JSON, {"stripe-signature": f"t=1700000000,v1={v1}"})
    with time_machine.travel(1_700_000_010, tick=False):
        notice = gateway.read_notice(message)
    assert (notice.verdict, notice.order_id) == (Verdict.VERIFIED, "ORD1")
    assert notice.claim is not None
    assert notice.claim.state is State.UNKNOWN  # it names no amount: only a reason to ask
    changed = InboundMessage(body.replace("ORD1", "ORD2").encode(), JSON, message.headers)
    with time_machine.travel(1_700_000_010, tick=False):
        assert gateway.read_notice(changed).verdict is Verdict.BAD_SIGNATURE


@pytest.mark.parametrize("secret", [WEBHOOK_SECRET, wire.OLD_WEBHOOK_SECRET])
def test_while_a_secret_is_changed_both_verify(secret: str) -> None:
    assert read(webhook(PAID, secret=secret)).verdict is Verdict.VERIFIED


@pytest.mark.parametrize(
    ("age", "verdict"),
    [
        (0, Verdict.VERIFIED),
        (295, Verdict.VERIFIED),
        (310, Verdict.BAD_SIGNATURE),
        (-295, Verdict.VERIFIED),
        (-310, Verdict.BAD_SIGNATURE),  # the library alone would take a signature of next year
        (-31_536_000, Verdict.BAD_SIGNATURE),
    ],
)
def test_a_signature_counts_for_five_minutes_either_way(age: int, verdict: Verdict) -> None:
    assert read(webhook(PAID, at=int(time.time()) - age)).verdict is verdict


def test_stripe_signs_with_two_secrets_while_it_rolls_them() -> None:
    body = json.dumps(PAID)
    now = int(time.time())
    header = f"t={now},v1={wire.signature(body, 'whsec_other', now)},v1={wire.signature(body, at=now)},v0=abc,t=x"
    assert read(InboundMessage(body.encode(), JSON, {"stripe-signature": header})).verdict is Verdict.VERIFIED


@pytest.mark.parametrize(
    "header",
    [
        "t=,v1=",
        "v1=abc",
        "t=now,v1=abc",
        "t=1",
        ",,,",
        "t=1,v1=é",
        "t=99999999999999999999,v1=00",
        "\x00",
        "t=1=2=3,v1",
    ],
)
def test_a_header_that_is_no_signature_is_a_wrong_one(header: str) -> None:
    message = InboundMessage(json.dumps(PAID).encode(), JSON, {"stripe-signature": header})
    assert read(message).verdict is Verdict.BAD_SIGNATURE


@given(st.text(), st.binary(max_size=300))
def test_no_header_and_no_body_make_it_raise(header: str, body: bytes) -> None:
    for content_type in (JSON, "application/x-www-form-urlencoded", header):
        notice = read(InboundMessage(body, content_type, {"stripe-signature": header}))
        assert notice.verdict is not Verdict.VERIFIED


def test_without_a_secret_of_ours_nothing_is_believed() -> None:
    gateway = StripeGateway(wire.account(webhook_secrets=()))
    assert gateway.read_notice(webhook(PAID)).verdict is Verdict.BAD_SIGNATURE


def test_without_a_header_it_is_unsigned_and_can_still_be_read() -> None:
    notice = read(webhook(PAID, signed=False))
    assert (notice.verdict, notice.order_id) == (Verdict.UNSIGNED, ORDER)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", JSON),
        (b"no json", JSON),
        (b"[1]", JSON),
        (b"\xff\xfe", JSON),
        (b'{"id": 1, "id": 2}', JSON),
        (b'{"a": NaN}', JSON),
        (b"{" * 5000, JSON),
        (b"x" * 70_000, JSON),
        (b"a=1", "application/x-www-form-urlencoded"),
        (b"{}", "application/json; charset=utf-16"),
    ],
)
def test_garbage_is_malformed(body: bytes, content_type: str) -> None:
    assert read(InboundMessage(body, content_type)).verdict is Verdict.MALFORMED


# -- payments


@pytest.mark.parametrize(
    ("kind", "about", "state"),
    [
        ("checkout.session.completed", wire.session("complete", "paid", INTENT), State.SUCCESS),
        ("checkout.session.async_payment_succeeded", wire.session("complete", "paid", INTENT), State.SUCCESS),
        ("checkout.session.completed", wire.session("complete", "unpaid", INTENT), State.PENDING),
        ("checkout.session.async_payment_failed", wire.session("complete", "unpaid", INTENT), State.FAILURE),
        ("checkout.session.expired", wire.session("expired"), State.UNKNOWN),
        ("payment_intent.succeeded", wire.intent(), State.SUCCESS),
        ("payment_intent.processing", wire.intent("processing"), State.PENDING),
        ("payment_intent.payment_failed", wire.intent("requires_payment_method"), State.UNKNOWN),
        ("payment_intent.canceled", wire.intent("canceled"), State.UNKNOWN),
        ("charge.refunded", wire.charge(amount_refunded=49900), State.UNKNOWN),
    ],
)
def test_an_event_about_a_payment_names_its_order(kind: str, about: dict[str, Any], state: State) -> None:
    notice = read(webhook(event(kind, about)))
    claim = notice.claim
    assert claim is not None
    assert (notice.verdict, claim.order_id, claim.state, claim.merchant_id) == (
        Verdict.VERIFIED, ORDER, state, MERCHANT,
    )  # fmt: skip
    assert (claim.amount, claim.currency) == (Decimal("499.00"), "INR")
    assert claim.transaction_id in ("", INTENT)
    assert notice.fields == {"id": "evt_1FakeEvent00000000001", "type": kind}


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        ("customer.created", {"id": "cus_1", "object": "customer", "email": wire.EMAIL}),
        ("payment_intent.created", wire.intent("requires_payment_method")),
        ("invoice.paid", {"id": "in_1"}),
        ("checkout.session.completed", wire.session("complete", "paid", INTENT, client_reference_id=None)),
        ("payment_intent.succeeded", wire.intent(metadata={})),
        ("charge.refunded", wire.charge(metadata={})),
        ("charge.dispute.created", wire.dispute(payment_intent=None)),
        ("refund.created", wire.refund(refund_id=None, payment_intent=None)),
        ("", {}),
    ],
)
def test_what_is_not_about_an_order_of_ours_is_signed_and_claims_nothing(kind: str, about: dict[str, Any]) -> None:
    notice = read(webhook(event(kind, about)))
    assert (notice.verdict, notice.claim, notice.refund, notice.dispute) == (Verdict.VERIFIED, None, None, None)
    assert "nothing of ours" in notice.detail


@pytest.mark.parametrize(
    ("changes", "says_so"),
    [
        ({"livemode": True}, "test and live mode"),
        ({"account": "acct_another000"}, "another account"),
        ({"object": "v2.core.event", "data": {}}, "nothing of ours"),
        ({"data": None}, "nothing of ours"),
        ({"data": {"object": []}}, "nothing of ours"),
        ({"type": ["checkout.session.completed"]}, "nothing of ours"),
    ],
)
def test_an_event_that_is_not_about_this_accounts_money_claims_nothing(changes: dict[str, Any], says_so: str) -> None:
    notice = read(webhook({**PAID, **changes}))
    assert (notice.verdict, notice.claim) == (Verdict.VERIFIED, None)
    assert says_so in notice.detail


# -- refunds, disputes


@pytest.mark.parametrize("kind", ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"])
@pytest.mark.parametrize(
    ("word", "hint"), [("pending", State.UNKNOWN), ("succeeded", State.UNKNOWN), ("failed", State.FAILURE)]
)
def test_an_event_about_a_refund_of_ours_names_it(kind: str, word: str, hint: State) -> None:
    refund = read(webhook(event(kind, wire.refund(word)))).refund
    assert refund is not None
    assert (refund.order_id, refund.refund_id, refund.gateway_refund_id) == (ORDER, REFUND_ID, REFUND)
    assert (refund.state, refund.amount, refund.transaction_id) == (hint, Decimal("120.00"), INTENT)


def test_one_made_elsewhere_does_not_name_the_order_of_another_system() -> None:
    row = wire.refund(refund_id=None, metadata={"order_id": "SHOP-1042"})
    notice = read(webhook(event("refund.created", row)))
    assert (notice.order_id, notice.transaction_id) == ("", INTENT)


def test_one_made_in_the_dashboard_names_its_transaction() -> None:
    notice = read(webhook(event("refund.created", wire.refund(refund_id=None))))
    assert notice.refund is not None
    assert (notice.order_id, notice.transaction_id, notice.refund.refund_id) == ("", INTENT, REFUND)


def test_an_older_endpoint_names_the_newest_refund_of_a_charge() -> None:
    refunds = {"object": "list", "data": [wire.refund(refund_id=None), wire.refund(id="re_older")]}
    notice = read(webhook(event("charge.refunded", wire.charge(refunds=refunds))))
    assert notice.refund is not None
    assert (notice.order_id, notice.refund.refund_id) == (ORDER, REFUND)


@pytest.mark.parametrize(
    ("kind", "word", "state"),
    [
        ("charge.dispute.created", "needs_response", DisputeState.OPEN),
        ("charge.dispute.created", "warning_needs_response", DisputeState.OPEN),
        ("charge.dispute.updated", "under_review", DisputeState.OPEN),
        ("charge.dispute.funds_withdrawn", "needs_response", DisputeState.OPEN),
        ("charge.dispute.closed", "won", DisputeState.WON),
        ("charge.dispute.closed", "warning_closed", DisputeState.WON),
        ("charge.dispute.closed", "lost", DisputeState.LOST),
        ("charge.dispute.closed", "prevented", DisputeState.CLOSED),
        ("charge.dispute.closed", "gibberish", DisputeState.UNKNOWN),
    ],
)
def test_a_dispute_is_told_with_its_amount_and_until_when_to_answer(kind: str, word: str, state: DisputeState) -> None:
    notice = read(webhook(event(kind, wire.dispute(word))))
    claim = notice.dispute
    assert claim is not None
    assert (claim.state, claim.word, claim.dispute_id) == (state, word, wire.DISPUTE)
    assert (notice.transaction_id, claim.amount, claim.kind) == (INTENT, Decimal("499.00"), "chargeback")
    assert claim.reason == "product_not_received"
    assert claim.due_at == datetime.fromtimestamp(1796169599, UTC)


@pytest.mark.parametrize("changes", [{"currency": "usd"}, {"amount": None}, {"amount": 0}])
def test_a_dispute_whose_amount_cannot_be_compared_names_none(changes: dict[str, Any]) -> None:
    claim = read(webhook(event("charge.dispute.created", wire.dispute(**changes)))).dispute
    assert claim is not None
    assert claim.amount is None


def test_a_dispute_that_nobody_can_answer_has_no_date() -> None:
    about = wire.dispute(evidence_details={"due_by": 0})
    claim = read(webhook(event("charge.dispute.created", about))).dispute
    assert claim is not None
    assert claim.due_at is None


# -- what is stored


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        ("checkout.session.completed", wire.session("complete", "paid", INTENT)),
        ("payment_intent.succeeded", wire.intent()),
        ("refund.updated", wire.refund()),
        ("charge.refunded", wire.charge(amount_refunded=100)),
        ("charge.dispute.created", wire.dispute()),
    ],
)
def test_what_is_stored_says_the_same_and_names_nobody(kind: str, about: dict[str, Any]) -> None:
    came = webhook(event(kind, about))
    stored = redact_body(came.body, came.content_type)
    then, now = read(InboundMessage(stored.encode(), came.content_type)), read(came)
    assert then.verdict is Verdict.UNSIGNED
    assert (then.claim, then.refund, then.dispute) == (now.claim, now.refund, now.dispute)
    for personal in (wire.EMAIL, wire.PHONE, "Asha", "Canary", "12 Canary Lane", "_secret_", wire.PAGE, wire.RETURN):
        assert personal not in stored


def test_what_we_send_is_stored_readably_and_names_nobody() -> None:
    sent = (
        "mode=payment&line_items[0][price_data][unit_amount]=49900&line_items[0][price_data][product_data][name]=Fern"
        f"&metadata[order_id]={ORDER}&customer_email=asha%40example.com&success_url=https%3A%2F%2Fshop.example%2Fsecret"
        "&customer_details[metadata]=4242&amount=1"
    )
    stored = json.loads(redact_body(sent, "application/x-www-form-urlencoded"))
    assert stored == {
        "mode": "payment",
        "line_items[0][price_data][unit_amount]": "49900",
        "line_items[0][price_data][product_data][name]": "[dropped]",
        "metadata[order_id]": ORDER,
        "customer_email": "a***@example.com",
        "success_url": "[dropped]",
        "customer_details[metadata]": "[dropped]",
        "amount": "1",
    }


@pytest.mark.parametrize("key", ["sk_test_canary0123", "rk_live_canary0123", "whsec_canary0123"])
def test_a_key_in_an_error_message_is_not_stored(key: str) -> None:
    stored = redact_body(json.dumps(wire.error(message=f"Invalid API Key provided: {key}.")), "application/json")
    assert "canary" not in stored
    assert "Invalid API Key provided: [key]" in stored


def test_the_charge_is_named_nowhere_as_the_transaction() -> None:
    """A charge may be one of several attempts; the PaymentIntent is what can be refunded."""
    for kind, about in (("refund.created", wire.refund()), ("charge.dispute.created", wire.dispute())):
        assert read(webhook(event(kind, about))).transaction_id not in ("", CHARGE)
