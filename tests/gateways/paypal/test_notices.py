"""PayPal's webhooks: who signed them, with which certificate, and what they claim."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st

from paytm_kit.gateways.base import DisputeState, InboundMessage, State, Verdict
from paytm_kit.gateways.paypal import PayPalGateway, certificates
from paytm_kit.masking import redact_body
from tests.gateways.paypal import authority, wire
from tests.gateways.paypal.wire import (
    CAPTURE,
    CERTIFICATE,
    ORDER,
    REFUND,
    THEIR_REFUND,
    PayPal,
    capture,
    dispute,
    event,
    notice,
    order,
    refund,
)

COMPLETED = event("PAYMENT.CAPTURE.COMPLETED", capture())
DAY = timedelta(days=1)


@pytest.fixture
def served(paypal: PayPal) -> PayPal:
    paypal.serves(authority.chain())
    return paypal


# -- who signed it


def test_what_paypal_signed_is_verified_with_its_certificate(gateway: PayPalGateway, served: PayPal) -> None:
    found = gateway.read_notice(notice(COMPLETED))
    assert (found.verdict, found.order_id) == (Verdict.VERIFIED, ORDER)
    gateway.read_notice(notice(COMPLETED))
    assert len(served.mock.calls) == 1, "the certificate is kept"


def test_the_documented_checksum_of_the_body_is_what_is_signed() -> None:
    """Known answer: reference facts on PayPal, section 3.4."""
    import zlib

    assert zlib.crc32(b'{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED"}') == 2325436976


FORGED: dict[str, Callable[[], InboundMessage]] = {
    "another key": lambda: notice(COMPLETED, signer="Mallory"),
    "another webhook": lambda: notice(COMPLETED, webhook_id="5WHANOTHER"),
    "another body": lambda: InboundMessage(
        json.dumps(event("PAYMENT.CAPTURE.COMPLETED", capture(custom_id="another"))).encode(),
        "application/json",
        notice(COMPLETED).headers,
    ),
    "a space more": lambda: InboundMessage(
        notice(COMPLETED).body + b" ", "application/json", notice(COMPLETED).headers
    ),
    "another time": lambda: notice(COMPLETED, transmission_time="2026-11-23T10:11:14Z"),
    "another id": lambda: notice(COMPLETED, transmission_id="69cd13f0"),
    "a weaker algorithm": lambda: notice(COMPLETED, auth_algo="SHA1withRSA"),
    "no algorithm we know": lambda: notice(COMPLETED, auth_algo="none"),
    "no base64": lambda: notice(COMPLETED, transmission_sig="***"),
    "not ASCII": lambda: notice(COMPLETED, transmission_sig="é" * 20),
}


@pytest.mark.parametrize("made", FORGED.values(), ids=FORGED)
def test_a_forged_notice_is_seen(gateway: PayPalGateway, served: PayPal, made: Callable[[], InboundMessage]) -> None:
    assert gateway.read_notice(made()).verdict is Verdict.BAD_SIGNATURE


ELSEWHERE = [
    "https://evil.example/v1/notifications/certs/CERT-1",
    "http://api.sandbox.paypal.com/v1/notifications/certs/CERT-1",
    "https://api.paypal.com/v1/notifications/certs/CERT-1",  # the other environment's
    "https://www.paypal.com/v1/notifications/certs/CERT-1",
    "https://api.sandbox.paypal.com.evil.example/v1/notifications/certs/CERT-1",
    "https://api.sandbox.paypal.com@evil.example/v1/notifications/certs/CERT-1",
    "https://api.sandbox.paypal.com:8443/v1/notifications/certs/CERT-1",
    "https://api.sandbox.paypal.com/v1/notifications/certs/../../oauth2/token",
    "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1?x=1",
    "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1#x",
    "https://api.sandbox.paypal.com/v1/notifications/certs/",
    "https://API.sandbox.paypal.com/v1/notifications/certs/CERT-1",
    "https://gateway.example/v1/notifications/certs/CERT-1",  # HOST is for the API, not for who PayPal is
    "file:///v1/notifications/certs/CERT-1",
    "https://[::1/v1/notifications/certs/CERT-1",
    " " + CERTIFICATE,
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_no_certificate_is_fetched_from_elsewhere(gateway: PayPalGateway, paypal: PayPal, url: str) -> None:
    found = gateway.read_notice(notice(COMPLETED, url=url))
    assert (found.verdict, len(paypal.mock.calls)) == (Verdict.BAD_SIGNATURE, 0)


UNTRUSTED: dict[str, Callable[[], str]] = {
    "expired": lambda: authority.chain(since=datetime.now(UTC) - 30 * DAY, days=29),
    "not yet": lambda: authority.chain(since=datetime.now(UTC) + DAY),
    "another name": lambda: authority.chain(name="messageverificationcerts.evil.example"),
    "a name that only looks so": lambda: authority.chain(name="messageverificationcertspaypal.com"),
    "a name that begins so": lambda: authority.chain(name="api.paypal.com.evil.example"),
    "a wildcard": lambda: authority.chain(name="*.paypal.com"),
    "self-signed": lambda: authority.self_signed(),
    "no issuer": lambda: authority.chain().partition("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----",
    "another root": lambda: authority.pem(authority.root("A Root of Mallory's")[1]),
    "broken": lambda: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
}


@pytest.mark.parametrize("made", UNTRUSTED.values(), ids=UNTRUSTED)
def test_a_certificate_that_no_public_root_vouches_for_is_not_paypals(
    gateway: PayPalGateway, paypal: PayPal, made: Callable[[], str]
) -> None:
    paypal.serves(made())
    assert gateway.read_notice(notice(COMPLETED)).verdict is Verdict.BAD_SIGNATURE


OUT_OF_REACH: dict[str, dict[str, Any]] = {
    "no connection": {"body": requests.ConnectionError("down")},
    "time-out": {"body": requests.ReadTimeout("slow")},
    "redirect": {"body": "", "status": 302, "headers": {"Location": "https://evil.example/cert"}},
    "huge": {"body": "-----BEGIN CERTIFICATE-----" + "A" * 300_000},
    "no certificate": {"body": "<html>"},
    "a whole list of them": {"body": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" * 11},
    "error": {"body": "", "status": 500},
    "not there": {"body": "", "status": 404},
}


@pytest.mark.parametrize("answer", OUT_OF_REACH.values(), ids=OUT_OF_REACH)
def test_what_cannot_be_checked_now_is_neither_forged_nor_proven(
    gateway: PayPalGateway, paypal: PayPal, answer: dict[str, Any]
) -> None:
    paypal.serves(**answer)
    found = gateway.read_notice(notice(COMPLETED))
    assert (found.verdict, found.order_id) == (Verdict.UNCHECKED, ORDER)
    assert len(paypal.mock.calls) == 1
    paypal.serves(authority.chain())
    assert gateway.read_notice(notice(COMPLETED)).verdict is Verdict.VERIFIED


def test_without_the_webhooks_id_nothing_can_be_checked(build: Callable[..., PayPalGateway], paypal: PayPal) -> None:
    found = build(webhook_id="").read_notice(notice(COMPLETED))
    assert (found.verdict, len(paypal.mock.calls)) == (Verdict.UNCHECKED, 0)
    assert "WEBHOOK_ID" in found.detail


def test_while_a_webhook_moves_both_ids_are_good(build: Callable[..., PayPalGateway], served: PayPal) -> None:
    moving = build(webhook_id=f"5WHNEW, {wire.WEBHOOK_ID}")
    for webhook_id in ("5WHNEW", wire.WEBHOOK_ID):
        assert moving.read_notice(notice(COMPLETED, webhook_id=webhook_id)).verdict is Verdict.VERIFIED
    assert moving.read_notice(notice(COMPLETED, webhook_id="5WHOTHER")).verdict is Verdict.BAD_SIGNATURE


def test_strangers_cannot_make_us_fetch_without_end(gateway: PayPalGateway, paypal: PayPal) -> None:
    for number in range(20):
        url = f"{CERTIFICATE}{number}"
        paypal.serves("", url, status=404)
        assert gateway.read_notice(notice(COMPLETED, url=url)).verdict is Verdict.UNCHECKED
    assert len(paypal.mock.calls) == certificates.FETCHES


def test_what_is_not_trusted_pushes_out_nothing_and_few_are_kept(
    gateway: PayPalGateway, served: PayPal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates, "PER", 0.0)
    assert gateway.read_notice(notice(COMPLETED)).verdict is Verdict.VERIFIED
    for number in range(certificates.KEPT * 2):
        url = f"{CERTIFICATE}{number}"
        served.serves(authority.self_signed("Mallory"), url)
        assert gateway.read_notice(notice(COMPLETED, signer="Mallory", url=url)).verdict is Verdict.BAD_SIGNATURE
    before = len(served.mock.calls)
    assert gateway.read_notice(notice(COMPLETED)).verdict is Verdict.VERIFIED
    assert len(served.mock.calls) == before
    for number in range(certificates.KEPT):
        served.serves(authority.chain(), f"{CERTIFICATE}b{number}")
        gateway.read_notice(notice(COMPLETED, url=f"{CERTIFICATE}b{number}"))
    assert len(gateway._certificates._chains) == certificates.KEPT


def test_a_kept_certificate_ends_like_any_other(
    gateway: PayPalGateway, paypal: PayPal, monkeypatch: pytest.MonkeyPatch
) -> None:
    paypal.serves(authority.chain(days=3))
    assert gateway.read_notice(notice(COMPLETED)).verdict is Verdict.VERIFIED

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + 5 * DAY

    monkeypatch.setattr(certificates, "datetime", Later)
    assert gateway.read_notice(notice(COMPLETED)).verdict is Verdict.BAD_SIGNATURE


def test_of_a_stand_in_the_certificate_of_its_own_host_counts_and_no_other(
    build: Callable[..., PayPalGateway], paypal: PayPal
) -> None:
    host = "http://127.0.0.1:8500"
    own = f"{host}/v1/notifications/certs/CERT-standin"
    stand_in = build(environment="simulator", host=host)
    paypal.serves(authority.self_signed(), own)
    assert stand_in.read_notice(notice(COMPLETED, url=own)).verdict is Verdict.VERIFIED
    assert stand_in.read_notice(notice(COMPLETED, url=own, signer="Mallory")).verdict is Verdict.BAD_SIGNATURE
    for url in (CERTIFICATE, own.replace("8500", "8501"), own.replace("http", "https"), own + "?"):
        assert stand_in.read_notice(notice(COMPLETED, url=url)).verdict is Verdict.BAD_SIGNATURE
    paypal.serves(authority.self_signed(since=datetime.now(UTC) - 9 * DAY, days=2), own + "-old")
    assert stand_in.read_notice(notice(COMPLETED, url=own + "-old")).verdict is Verdict.BAD_SIGNATURE
    assert len(paypal.mock.calls) == 2


def test_the_worlds_public_roots_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # our own root of the tests
    certificates.roots.cache_clear()
    assert certificates.roots() is certificates.roots()


# -- what it claims


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (event("CHECKOUT.ORDER.APPROVED", order("APPROVED")), State.APPROVED),
        (event("CHECKOUT.ORDER.COMPLETED", order("COMPLETED", capture())), State.SUCCESS),
        (COMPLETED, State.SUCCESS),
        (event("PAYMENT.CAPTURE.PENDING", capture("PENDING")), State.PENDING),
        (event("PAYMENT.CAPTURE.DECLINED", capture("DECLINED")), State.FAILURE),
        (event("PAYMENT.CAPTURE.DENIED", capture("DECLINED")), State.FAILURE),
        (event("CHECKOUT.PAYMENT-APPROVAL.REVERSED", {"purchase_units": [{"custom_id": ORDER}]}), State.UNKNOWN),
        (event("CHECKOUT.ORDER.COMPLETED", order("COMPLETED", capture(), capture(id="X"))), State.UNKNOWN),
    ],
)
def test_what_it_claims_about_a_payment(
    gateway: PayPalGateway, served: PayPal, said: dict[str, Any], state: State
) -> None:
    found = gateway.read_notice(notice(said))
    assert found.claim is not None
    assert (found.claim.order_id, found.claim.state, found.refund, found.dispute) == (ORDER, state, None, None)


def test_a_capture_is_claimed_with_its_amount(gateway: PayPalGateway, served: PayPal) -> None:
    claim = gateway.read_notice(notice(COMPLETED)).claim
    assert claim is not None
    assert (claim.amount, claim.currency, claim.transaction_id) == (Decimal("499.00"), "USD", CAPTURE)


@pytest.mark.parametrize("kind", ["PAYMENT.CAPTURE.REFUNDED", "PAYMENT.REFUND.FAILED"])
@pytest.mark.parametrize(
    ("changes", "order_id", "refund_id"),
    [
        ({}, ORDER, REFUND),
        ({"invoice_id": ORDER}, ORDER, THEIR_REFUND),  # from the dashboard: it shows the capture's own names
        ({"invoice_id": "INV-7"}, ORDER, THEIR_REFUND),
        ({"invoice_id": None, "custom_id": None}, "", THEIR_REFUND),
    ],
)
def test_which_refund_it_is_about(
    gateway: PayPalGateway, served: PayPal, kind: str, changes: dict[str, Any], order_id: str, refund_id: str
) -> None:
    found = gateway.read_notice(notice(event(kind, refund(**changes))))
    assert found.refund is not None
    assert found.claim is None
    assert (found.refund.order_id, found.refund.refund_id, found.refund.state) == (order_id, refund_id, State.UNKNOWN)
    assert (found.transaction_id, found.refund.gateway_refund_id) == (CAPTURE, THEIR_REFUND)


def test_a_reversal_is_a_refund_that_nobody_here_made(gateway: PayPalGateway, served: PayPal) -> None:
    said = event("PAYMENT.CAPTURE.REVERSED", refund(invoice_id=None, custom_id=None))
    found = gateway.read_notice(notice(said)).refund
    assert found is not None
    assert (found.refund_id, found.transaction_id) == (THEIR_REFUND, CAPTURE)


@pytest.mark.parametrize(
    ("status", "outcome", "state"),
    [
        ("OPEN", "", DisputeState.OPEN),
        ("WAITING_FOR_BUYER_RESPONSE", "", DisputeState.OPEN),
        ("WAITING_FOR_SELLER_RESPONSE", "", DisputeState.OPEN),
        ("UNDER_REVIEW", "", DisputeState.OPEN),
        ("OTHER", "", DisputeState.UNKNOWN),
        ("OPEN", "RESOLVED_BUYER_FAVOUR", DisputeState.OPEN),
        ("RESOLVED", "RESOLVED_BUYER_FAVOUR", DisputeState.LOST),
        ("RESOLVED", "RESOLVED_SELLER_FAVOUR", DisputeState.WON),
        ("RESOLVED", "CANCELED_BY_BUYER", DisputeState.WON),
        ("RESOLVED", "RESOLVED_WITH_PAYOUT", DisputeState.CLOSED),
        ("RESOLVED", "ACCEPTED", DisputeState.CLOSED),
        ("RESOLVED", "", DisputeState.CLOSED),
    ],
)
def test_what_it_says_of_a_dispute(
    gateway: PayPalGateway, served: PayPal, status: str, outcome: str, state: DisputeState
) -> None:
    found = gateway.read_notice(notice(event("CUSTOMER.DISPUTE.UPDATED", dispute(status, outcome)))).dispute
    assert found is not None
    assert (found.order_id, found.dispute_id, found.state) == (ORDER, "PP-000-042-663-135", state)
    assert (found.amount, found.transaction_id, found.merchant_id) == (Decimal("96.00"), CAPTURE, wire.MERCHANT)
    assert found.due_at == datetime(2026, 12, 4, 10, tzinfo=UTC)
    assert wire.EMAIL not in repr(found)


@pytest.mark.parametrize(
    "said",
    [
        event("BILLING.SUBSCRIPTION.CREATED", {"id": "I-1"}),
        event("PAYMENT.CAPTURE.COMPLETED", capture(custom_id=None)),
        event("PAYMENT.CAPTURE.COMPLETED", capture(custom_id="two words")),
        event("PAYMENT.CAPTURE.REFUNDED", refund(id="../x")),
        event("PAYMENT.CAPTURE.REFUNDED", refund(custom_id=None, links=[])),
        event("CHECKOUT.ORDER.APPROVED", {"purchase_units": "none"}),
        event("UNHEARD.OF", {}),
    ],
    ids=lambda said: said["event_type"],
)
def test_what_is_not_about_a_payment_of_ours_is_verified_and_claims_nothing(
    gateway: PayPalGateway, served: PayPal, said: dict[str, Any]
) -> None:
    found = gateway.read_notice(notice(said))
    assert (found.verdict, found.claim, found.refund, found.dispute) == (Verdict.VERIFIED, None, None, None)


@pytest.mark.parametrize(
    ("said", "about"),
    [
        (COMPLETED, lambda found: (found.claim.state, found.claim.transaction_id)),
        (event("CHECKOUT.ORDER.APPROVED", order("APPROVED")), lambda found: (found.claim.state, found.claim.amount)),
        (event("PAYMENT.CAPTURE.REFUNDED", refund()), lambda found: (found.refund.refund_id, found.transaction_id)),
        (event("PAYMENT.CAPTURE.REFUNDED", refund(invoice_id=None)), lambda found: found.refund.refund_id),
        (
            event("CUSTOMER.DISPUTE.CREATED", dispute("RESOLVED", "RESOLVED_BUYER_FAVOUR")),
            lambda found: (found.dispute.state, found.dispute.amount, found.transaction_id, found.dispute.due_at),
        ),
    ],
)
def test_what_was_stored_can_still_be_read_without_headers_and_names_nobody(
    gateway: PayPalGateway, served: PayPal, said: dict[str, Any], about: Callable[[Any], Any]
) -> None:
    came = notice(said)
    stored = redact_body(came.body, came.content_type)
    again = gateway.read_notice(InboundMessage(stored.encode(), came.content_type))
    first = gateway.read_notice(came)
    assert (again.verdict, again.order_id) == (Verdict.UNSIGNED, first.order_id)
    assert about(again) == about(first)
    for person in (wire.EMAIL, "Asha", "Canary", "shop@example.com", "QYR5Z8XDVJNXQ"):
        assert person not in stored


# -- garbage


@pytest.mark.parametrize(
    "message",
    [
        InboundMessage(b"", "application/json"),
        InboundMessage(b"\xff\xfe", "application/json"),
        InboundMessage(b"[]", "application/json"),
        InboundMessage(b"{}", "application/json"),
        InboundMessage(b'{"event_type": "X"}', "application/json"),
        InboundMessage(b'{"event_type": "X", "resource": []}', "application/json"),
        InboundMessage(b'{"event_type": "X", "event_type": "Y", "resource": {}}', "application/json"),
        InboundMessage(b"[" * 60_000, "application/json"),
        InboundMessage(b'{"a": NaN}', "application/json"),
        InboundMessage(b"x" * 70_000, "application/json"),
        InboundMessage(json.dumps(COMPLETED).encode(), "application/x-www-form-urlencoded"),
        InboundMessage(json.dumps(COMPLETED).encode(), "application/json; charset=latin-1"),
    ],
)
def test_garbage_is_malformed(gateway: PayPalGateway, message: InboundMessage) -> None:
    assert gateway.read_notice(message).verdict is Verdict.MALFORMED


@pytest.mark.parametrize("name", ["transmission_id", "transmission_time", "transmission_sig", "cert_url", "auth_algo"])
@pytest.mark.parametrize("value", ["", "x" * 501])
def test_without_all_of_its_headers_it_is_unsigned(gateway: PayPalGateway, name: str, value: str) -> None:
    assert gateway.read_notice(notice(COMPLETED, **{name: value})).verdict is Verdict.UNSIGNED


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([ORDER, "COMPLETED", "499.00"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "id status amount value currency_code custom_id invoice_id purchase_units payments captures refunds "
                "links rel href dispute_id disputed_transactions seller payee status_details reason create_time "
                "payment_source dispute_outcome outcome_code".split()
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
KINDS = "CHECKOUT.ORDER.APPROVED PAYMENT.CAPTURE.COMPLETED PAYMENT.CAPTURE.REFUNDED CUSTOMER.DISPUTE.CREATED".split()


@given(kind=st.sampled_from(KINDS), resource=st.dictionaries(st.sampled_from(["id", "amount", "links"]), JSON) | JSON)
def test_no_data_makes_it_raise(kind: str, resource: Any) -> None:
    gateway = PayPalGateway(wire.ACCOUNT)
    said = {"event_type": kind, "resource": resource}
    found = gateway.read_notice(InboundMessage(json.dumps(said).encode(), "application/json"))
    assert found.verdict in (Verdict.UNSIGNED, Verdict.MALFORMED)


@given(st.dictionaries(st.sampled_from(sorted(notice(COMPLETED).headers)), st.text(max_size=40), min_size=5))
def test_no_header_makes_it_raise(headers: dict[str, str]) -> None:
    message = notice(COMPLETED)
    with responses.RequestsMock():
        found = PayPalGateway(wire.ACCOUNT).read_notice(
            InboundMessage(message.body, message.content_type, {**message.headers, **headers})
        )
    assert found.verdict in (Verdict.UNSIGNED, Verdict.BAD_SIGNATURE)
