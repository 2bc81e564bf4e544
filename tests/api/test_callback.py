"""POST /api/payment/callback: gateways in their own formats, and plain JSON when it is signed; both are hints."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from django.test import Client

from demo_site.shop.models import Order
from paytm_kit.api.models import Initiation
from paytm_kit.ledger import book
from paytm_kit.models import Payment, PaymentEvent, RejectedSender, WireMessage
from paytm_kit.outgoing import verify
from tests.api.conftest import INITIATE, Caller, fields, problem, wanted
from tests.paytm import FORM, Paytm, callback_fields

CALLBACK = "/api/payment/callback"
SECRET = verify.PREFIX + "a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5"
OLDER = verify.PREFIX + "b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xk"


@pytest.fixture(autouse=True)
def secret(settings: Any) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "API_CALLBACK_SECRET": SECRET}


def notify(data: Any, *, key: str = SECRET, ident: str = "msg_1", shift: int = 0, **changed: str) -> Any:
    """A plain notice, signed as its sender would, with headers changed afterwards."""
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    moment = int(time.time()) + shift
    headers = {
        verify.ID: ident,
        verify.TIMESTAMP: str(moment),
        verify.SIGNATURE: verify.sign(key, ident, moment, body),
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }
    headers = {name: value for name, value in headers.items() if value}
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    return client.post(CALLBACK, body, content_type="application/json", headers=headers)


def notice(payment: Payment, **changes: Any) -> dict[str, Any]:
    sent = {"order_id": payment.gateway_order_id, "status": "success", "transaction_id": "T1", "payment_method": "upi"}
    return {**sent, **changes}


# ---- In a gateway's own format


@pytest.mark.parametrize(
    "path", [CALLBACK, f"{CALLBACK}?account=default", f"{CALLBACK}/default", "/api/v1/payment/callback"]
)
def test_a_signed_form_of_paytm_pays_once_the_gateway_confirms_it(
    client: Client, payment: Payment, paytm: Paytm, path: str
) -> None:
    paytm.will_say(payment=payment)
    answer = client.post(path, urlencode(callback_fields(payment)), content_type=FORM)
    assert (answer.status_code, answer.json()) == (200, {"result": "accepted"})
    payment.refresh_from_db()
    assert payment.is_paid


def test_a_forged_form_is_stored_and_changes_nothing(client: Client, payment: Payment, paytm: Paytm) -> None:
    forged = {**callback_fields(payment), "CHECKSUMHASH": "x"}
    found = problem(client.post(CALLBACK, urlencode(forged), content_type=FORM), 400, "invalid_notice")
    assert "rejected" in found["detail"]
    payment.refresh_from_db()
    assert payment.status == "processing"
    assert WireMessage.objects.get(channel="webhook").verdict == "bad_signature"
    assert paytm.asked() == 0


def test_a_gateway_that_cannot_be_asked_makes_the_sender_send_again(
    client: Client, payment: Payment, paytm: Paytm
) -> None:
    paytm.will_answer(requests.ConnectionError())
    answer = client.post(CALLBACK, urlencode(callback_fields(payment)), content_type=FORM)
    problem(answer, 503, "gateway_unreachable")
    assert answer.headers["Retry-After"] == "60"


def test_an_unknown_account_is_named(client: Client, db: None) -> None:
    assert fields(client.post(f"{CALLBACK}?account=nope", "a=b", content_type=FORM), 404, "not_found") == {
        "account": "not_found"
    }


@pytest.mark.parametrize("body", [b"", b"\x00\xff", b"[]", b'"x"', b"{", b"a=b&a=c", b"null", b"[" * 5000])
@pytest.mark.parametrize("content_type", [FORM, "application/json", "text/plain", "", "multipart/form-data"])
def test_garbage_is_a_400(db: None, body: bytes, content_type: str) -> None:
    client = Client(raise_request_exception=False)
    problem(client.generic("POST", CALLBACK, body, content_type=content_type), 400, "invalid_notice")


def test_a_message_that_is_too_large_is_a_413(client: Client, db: None) -> None:
    problem(client.post(CALLBACK, b"x" * 65_537, content_type=FORM), 413, "body_too_large")


def test_whatever_a_gateway_accepts_or_adds_its_message_is_taken(
    client: Client, payment: Payment, paytm: Paytm
) -> None:
    paytm.will_say(payment=payment)
    body = urlencode(callback_fields(payment))
    answer = client.post(f"{CALLBACK}?utm=1", body, content_type=FORM, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")


def test_a_defect_of_ours_makes_the_sender_send_again(
    client: Client, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paytm_kit.services.intake.journal.judge", lambda *_: 1 / 0)
    answer = client.post(CALLBACK, urlencode(callback_fields(payment)), content_type=FORM)
    problem(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "60"


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_only_post_is_taken(client: Client, db: None, method: str) -> None:
    answer = getattr(client, method)(CALLBACK)
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "POST"


# ---- Plain and signed


def test_a_signed_notice_is_a_hint_and_the_gateway_decides(payment: Payment, paytm: Paytm) -> None:
    paytm.will_say(payment=payment)
    answer = notify(notice(payment))
    assert (answer.status_code, answer.json()) == (200, {"result": "accepted"})
    payment.refresh_from_db()
    assert payment.is_paid
    stored = WireMessage.objects.get(channel="notice")
    assert (stored.verdict, stored.http_status, stored.payment_id) == ("verified", 200, payment.pk)


def test_what_the_gateway_does_not_confirm_stays_as_it_was(payment: Payment, paytm: Paytm) -> None:
    paytm.will_say("PENDING", payment=payment)
    assert notify(notice(payment)).status_code == 200
    payment.refresh_from_db()
    assert payment.status == "processing"


def test_a_signed_failure_does_not_fail_what_the_gateway_calls_paid(payment: Payment, paytm: Paytm) -> None:
    paytm.will_say(payment=payment)
    notify(notice(payment, status="failed"))
    payment.refresh_from_db()
    assert payment.is_paid


def test_the_order_may_be_named_as_initiate_named_it(asha: Caller, hers: Order, paytm: Paytm) -> None:
    paytm.will_start()
    asha.post(INITIATE, wanted(hers))
    payment = Payment.objects.get()
    paytm.will_say(payment=payment)
    assert notify({"order_id": hers.number, "status": "success"}).json() == {"result": "accepted"}
    payment.refresh_from_db()
    assert payment.is_paid
    hers.refresh_from_db()
    assert hers.paid_at is not None  # "Paid", and fulfilment announced


def test_a_name_of_two_orders_is_not_guessed_at(start: Callable[..., Payment]) -> None:
    for payment in (start(), start()):
        Initiation.note(payment, "c" * 64, "basket-1")
    assert fields(notify({"order_id": "basket-1", "status": "success"})) == {"order_id": "ambiguous"}


def test_an_unknown_order_is_taken_and_changes_nothing(db: None) -> None:
    assert notify({"order_id": "nobody's", "status": "paid"}).json() == {"result": "unknown_order"}


def test_the_same_message_again_asks_nobody(payment: Payment, paytm: Paytm) -> None:
    paytm.will_say("PENDING", payment=payment)
    notify(notice(payment))
    again = notify(notice(payment))
    assert again.headers["Idempotency-Replayed"] == "true"
    assert paytm.asked() == 1


def test_a_notice_whose_question_was_not_answered_may_come_again(payment: Payment, paytm: Paytm) -> None:
    paytm.will_answer(requests.ConnectionError())
    problem(notify(notice(payment)), 503, "gateway_unreachable")
    paytm.will_say(payment=payment)
    assert notify(notice(payment)).status_code == 200
    payment.refresh_from_db()
    assert payment.is_paid


def test_during_a_rotation_the_older_secret_still_proves(payment: Payment, settings: Any, paytm: Paytm) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "API_PREVIOUS_CALLBACK_SECRET": OLDER}
    paytm.will_say("PENDING", payment=payment)
    assert notify(notice(payment), key=OLDER).status_code == 200


@pytest.mark.parametrize(
    "how",
    [
        {"key": OLDER},
        {"shift": -310},
        {"shift": 400},
        {"webhook_signature": ""},
        {"webhook_signature": "v1,"},
        {"webhook_signature": "v1,AAAA"},
        {"webhook_timestamp": "now"},
        {"webhook_timestamp": "9" * 40},
        {"webhook_id": "other"},
        {"webhook_id": ""},
    ],
    ids=str,
)
def test_what_proves_nothing_is_stored_counted_and_asks_nobody(payment: Payment, paytm: Paytm, how: Any) -> None:
    answer = notify(notice(payment), **how)
    problem(answer, 400, "invalid_signature")
    payment.refresh_from_db()
    assert payment.status == "processing"
    assert paytm.asked() == 0
    assert WireMessage.objects.get(channel="notice").verdict in ("bad_signature", "unsigned")
    assert RejectedSender.objects.exists()


def test_a_body_changed_after_signing_proves_nothing(payment: Payment) -> None:
    body = json.dumps(notice(payment, status="failed")).encode()
    moment = int(time.time())
    headers = {
        verify.ID: "m",
        verify.TIMESTAMP: str(moment),
        verify.SIGNATURE: verify.sign(SECRET, "m", moment, body),
    }
    answer = Client().post(
        CALLBACK, body.replace(b"failed", b"success"), content_type="application/json", headers=headers
    )
    problem(answer, 400, "invalid_signature")


def test_a_flood_of_forgeries_is_only_counted(payment: Payment, settings: Any) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "LIMITS": "invalid=2/1m"}
    for _ in range(5):
        problem(notify(notice(payment), key=OLDER), 400, "invalid_signature")
    assert WireMessage.objects.filter(channel="notice").count() == 2
    assert PaymentEvent.objects.filter(payment=payment).count() == 2


def test_without_a_secret_no_notice_is_taken(payment: Payment, settings: Any) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "API_CALLBACK_SECRET": ""}
    assert "API_CALLBACK_SECRET" in problem(notify(notice(payment)), 400, "invalid_signature")["detail"]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"status": "PAID!"}, {"status": "not_a_choice"}),
        ({"status": 1}, {"status": "not_a_choice"}),
        ({"order_id": None}, {"order_id": "null"}),
        ({"transaction_id": 5}, {"transaction_id": "invalid"}),
        ({"amount": "1"}, {"amount": "unknown"}),
    ],
)
def test_a_signed_notices_fields_are_named(payment: Payment, changes: Any, wrong: dict[str, str]) -> None:
    assert fields(notify(notice(payment, **changes))) == wrong


def test_a_paid_payment_is_not_asked_about_for_old_news(payment: Payment, paytm: Paytm) -> None:
    from tests.ledger.test_book import success

    outcome = success(payment)
    book.apply(payment.pk, outcome, source="webhook")
    assert notify(notice(payment, transaction_id=outcome.transaction_id)).status_code == 200
    assert paytm.asked() == 0
