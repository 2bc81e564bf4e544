"""The base set of hostile messages. Every inbound endpoint has to pass it; a new one that is not listed here fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from django.test import Client
from django.urls import get_resolver

from demo_site.shop.models import Order
from paytm_kit.ledger import book
from paytm_kit.models import Announcement, Payment, WireMessage
from tests.paytm import FORM, MID, Paytm, callback_fields, sign, status_text

ENDPOINTS = ["/paytm/callback/", "/paytm/webhook/"]

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]


@pytest.fixture(params=ENDPOINTS)
def endpoint(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def post(client: Client, endpoint: str) -> Callable[..., Any]:
    def send(body: dict[str, str] | str | bytes, content_type: str = FORM) -> Any:
        data = urlencode(body) if isinstance(body, dict) else body
        return client.post(endpoint, data, content_type=content_type)

    return send


def unchanged(payment: Payment) -> bool:
    """Not paid, not failed, nothing captured, nothing announced, and the order says the same."""
    payment.refresh_from_db()
    assert (payment.status, payment.captured_amount) == ("processing", 0)
    said = Announcement.objects.filter(event__payment=payment).values_list("signal", flat=True)
    assert not {"payment_succeeded", "payment_failed"} & set(said)
    order = Order.objects.get(pk=payment.object_id)
    assert not order.is_paid
    assert order.paid_at is None
    return True


def test_every_inbound_endpoint_of_the_package_is_in_this_suite() -> None:
    """Inbound means exempt from CSRF. Walks the whole URLconf: a new exempt view fails here until it is listed.

    The REST API has a suite of its own (tests/api/test_hostile.py): there CSRF depends on how the caller proves itself.
    """
    exempt = set()

    def walk(patterns: list[Any], prefix: str) -> None:
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                walk(pattern.url_patterns, prefix + str(pattern.pattern))
            elif getattr(pattern.callback, "csrf_exempt", False):
                exempt.add("/" + prefix + str(pattern.pattern))

    walk(get_resolver().url_patterns, "")
    assert {address for address in exempt if not address.startswith("/api/")} == {
        *ENDPOINTS,
        "/paytm/callback/<slug:account>/",
        "/paytm/webhook/<slug:account>/",
    }


def rejected_status(endpoint: str) -> int:
    return 303 if "callback" in endpoint else 400


def _signed_with_a_pipe(fields: dict[str, str]) -> dict[str, str]:
    """Rightly signed, and still no proof: with a pipe inside, two different forms have one signed text."""
    unsigned = {name: value for name, value in fields.items() if name != "CHECKSUMHASH"} | {"RESPMSG": "a|b"}
    return {**unsigned, "CHECKSUMHASH": sign(unsigned)}


FORGERIES = {
    "a pipe in a value": _signed_with_a_pipe,
    "unsigned": lambda fields: {name: value for name, value in fields.items() if name != "CHECKSUMHASH"},
    "empty signature": lambda fields: {**fields, "CHECKSUMHASH": ""},
    "truncated signature": lambda fields: {**fields, "CHECKSUMHASH": fields["CHECKSUMHASH"][:-4]},
    "signature with spaces for plus": lambda fields: {**fields, "CHECKSUMHASH": " " + fields["CHECKSUMHASH"][1:]},
    "garbage signature": lambda fields: {**fields, "CHECKSUMHASH": "A" * 108},
    "megabyte-free long signature": lambda fields: {**fields, "CHECKSUMHASH": "A" * 20_000},
    "lower amount after signing": lambda fields: {**fields, "TXNAMOUNT": "1.00"},
    "status after signing": lambda fields: {**fields, "RESPMSG": "Txn Success!"},
    "a field added after signing": lambda fields: {**fields, "EXTRA": "1"},
    "a field removed after signing": lambda fields: {n: v for n, v in fields.items() if n != "BANKTXNID"},
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_success_changes_nothing(
    payment: Payment, paytm: Paytm, post: Callable[..., Any], endpoint: str, forge: Callable[[dict], dict]
) -> None:
    paytm.will_say("NO_RECORD_FOUND", payment=payment)
    response = post(forge(callback_fields(payment)))
    assert response.status_code == rejected_status(endpoint)
    assert unchanged(payment)
    stored = WireMessage.objects.get(direction="in")
    assert stored.verdict in ("bad_signature", "unsigned")
    assert stored.payment == payment
    assert stored.processed_at is not None


def test_a_success_signed_with_another_key_changes_nothing(
    payment: Payment, paytm: Paytm, post: Callable[..., Any], endpoint: str
) -> None:
    paytm.will_say("NO_RECORD_FOUND", payment=payment)
    assert post(callback_fields(payment, key="other#Key&1@paytm"[:16])).status_code == rejected_status(endpoint)
    assert unchanged(payment)


def test_values_moved_to_other_names_keep_the_signature_and_still_pay_nothing(
    payment: Payment, paytm: Paytm, post: Callable[..., Any]
) -> None:
    """Paytm's form signature covers values only. Renaming STATUS keeps it right; the claim is then unreadable."""
    paytm.will_say("PENDING", payment=payment)
    fields = callback_fields(payment)
    fields["STATUT"] = fields.pop("STATUS")
    assert post(fields).status_code in (200, 303)
    assert WireMessage.objects.get(direction="in").verdict == "verified"
    assert unchanged(payment)


def test_a_success_of_another_order_sent_with_this_orders_id_pays_nothing(
    start: Callable[..., Payment], paytm: Paytm, post: Callable[..., Any], endpoint: str
) -> None:
    cheap, dear = start(amount="1.00"), start(amount="9999.00")
    paytm.will_say("NO_RECORD_FOUND", payment=dear)
    stolen = {**callback_fields(cheap), "ORDERID": dear.gateway_order_id}
    assert post(stolen).status_code == rejected_status(endpoint)
    assert unchanged(dear)


def test_a_signed_success_is_only_a_hint_when_the_gateway_says_otherwise(
    payment: Payment, paytm: Paytm, post: Callable[..., Any]
) -> None:
    paytm.will_say("PENDING", payment=payment)
    assert post(callback_fields(payment)).status_code in (200, 303)
    assert unchanged(payment)


@pytest.mark.parametrize("amount", ["1.00", "498.99", "4990.00"])
def test_a_signed_and_confirmed_other_amount_is_flagged_and_not_paid(
    payment: Payment, paytm: Paytm, post: Callable[..., Any], client: Client, amount: str
) -> None:
    paytm.will_say(payment=payment, txnAmount=amount)
    post(callback_fields(payment, TXNAMOUNT=amount))
    assert unchanged(payment)
    assert payment.flag_list == ["amount_mismatch"]
    assert "We are checking your payment" in client.get(payment.get_result_url()).content.decode()


@pytest.mark.parametrize(
    "amount", ["1e2", "NaN", "Infinity", "-499.00", "+499.00", "٤٩٩.٠٠", "499.001", "", "4,99", "0x1"]
)
def test_amounts_that_are_not_plain_decimals_never_pay(
    payment: Payment, paytm: Paytm, post: Callable[..., Any], amount: str
) -> None:
    paytm.will_say(payment=payment, txnAmount=amount)
    assert post(callback_fields(payment, TXNAMOUNT=amount)).status_code in (200, 303, 503)
    assert unchanged(payment)


def test_another_scale_of_the_same_amount_is_the_same_amount(
    start: Callable[..., Payment], paytm: Paytm, post: Callable[..., Any]
) -> None:
    payment = start(amount="5.00")
    paytm.will_say(payment=payment, txnAmount="5.0")
    post(callback_fields(payment, TXNAMOUNT="5.0"))
    payment.refresh_from_db()
    assert payment.status == "paid"


def test_another_currency_is_flagged_and_stays_unpaid_when_reconciled(
    payment: Payment, paytm: Paytm, post: Callable[..., Any]
) -> None:
    from paytm_kit.services import confirm

    paytm.will_say(payment=payment)
    post(callback_fields(payment, CURRENCY="USD"))
    assert unchanged(payment)
    confirm.ask(payment, source="reconcile")
    assert unchanged(payment)
    assert payment.flag_list == ["currency_mismatch"]


@pytest.mark.parametrize(
    "changes",
    [{"mid": "OTHERMID000000000001"}, {"orderId": "261121-someoneelses"}, {"txnId": None}, {"txnAmount": None}],
)
def test_an_answer_about_something_else_is_not_believed(
    payment: Payment, paytm: Paytm, post: Callable[..., Any], endpoint: str, changes: dict
) -> None:
    paytm.will_say(payment=payment, **changes)
    assert post(callback_fields(payment)).status_code == (303 if "callback" in endpoint else 503)
    assert unchanged(payment)


def test_a_signed_message_of_another_merchant_is_flagged_beside_the_gateways_own_answer(
    payment: Payment, paytm: Paytm, post: Callable[..., Any]
) -> None:
    paytm.will_say("PENDING", payment=payment)
    post(callback_fields(payment, MID="OTHERMID000000000001"))
    assert unchanged(payment)
    assert payment.flag_list == ["notice_mismatch"]


BROKEN_ANSWERS = {
    "timeout": requests.ReadTimeout("slow"),
    "refused": requests.ConnectionError("down"),
    "html": "<html><body>Service unavailable</body></html>",
    "truncated": '{"head":{"signature":"x"},"body":{"resultInfo":{"resultStatus":"TXN_SUC',
    "empty": "",
    "not an object": "[]",
    "a word": '"TXN_SUCCESS"',
    "huge": "{" + '"a":1,' * 400_000 + '"b":2}',
    "no body": '{"head":{}}',
}


@pytest.mark.parametrize("answer", BROKEN_ANSWERS.values(), ids=BROKEN_ANSWERS.keys())
def test_a_gateway_that_cannot_be_understood_leaves_the_payment_open(
    payment: Payment, paytm: Paytm, post: Callable[..., Any], endpoint: str, client: Client, answer: Any
) -> None:
    paytm.will_answer(answer)
    response = post(callback_fields(payment))
    assert response.status_code == (303 if "callback" in endpoint else 503)
    assert unchanged(payment)
    stored = WireMessage.objects.get(direction="in")
    assert (stored.verdict, stored.processed_at) == ("verified", None)
    assert "Confirming your payment" in client.get(payment.get_result_url()).content.decode()
    paytm.will_say(payment=payment)
    assert post(callback_fields(payment)).status_code in (200, 303)
    payment.refresh_from_db()
    assert payment.status == "paid"


def test_a_server_error_is_unknown_and_not_failure(payment: Payment, paytm: Paytm, post: Callable[..., Any]) -> None:
    paytm.will_answer("oops", http_status=502)
    assert post(callback_fields(payment)).status_code in (303, 503)
    assert unchanged(payment)


def test_an_unsigned_or_wrongly_signed_success_of_the_status_api_is_refused(
    payment: Payment, paytm: Paytm, post: Callable[..., Any]
) -> None:
    for text in (
        status_text(payment.gateway_order_id, signed=False),
        status_text(payment.gateway_order_id, key="other#Key&1@payt"),
        status_text(payment.gateway_order_id).replace('"499.00"', '"499.01"'),
    ):
        paytm.will_answer(text)
        assert post(callback_fields(payment)).status_code in (303, 503)
        assert unchanged(payment)


def test_a_doubled_body_in_the_answer_is_refused(payment: Payment, paytm: Paytm, post: Callable[..., Any]) -> None:
    text = status_text(payment.gateway_order_id)
    forged = text[:-1] + ',"body":{"resultInfo":{"resultStatus":"TXN_SUCCESS","resultCode":"01"}}}'
    paytm.will_answer(forged)
    post(callback_fields(payment))
    assert unchanged(payment)


@pytest.mark.parametrize("word", ["SUCCESS", "txn_success", "OPEN", "PAID", "", "TXN_SUCCESS\x00", "null", "💸"])
def test_unknown_status_words_neither_pay_nor_fail(
    payment: Payment, paytm: Paytm, post: Callable[..., Any], word: str
) -> None:
    paytm.will_say(word, payment=payment)
    assert post(callback_fields(payment, word)).status_code in (200, 303, 400, 503)
    assert unchanged(payment)


MALFORMED = {
    "repeated field": (lambda f: urlencode(f) + "&ORDERID=other", FORM),
    "repeated status": (lambda f: "STATUS=TXN_SUCCESS&" + urlencode(f), FORM),
    "NUL byte": (lambda f: urlencode({**f, "RESPMSG": "a\x00b"}), FORM),
    "not UTF-8": (lambda f: b"ORDERID=%FF%FE&STATUS=TXN_SUCCESS", FORM),
    "raw bytes": (lambda f: b"\xff\xfe\x00\x01" * 50, FORM),
    "empty body": (lambda f: "", FORM),
    "text/plain": (lambda f: urlencode(f), "text/plain"),
    "no content type": (lambda f: urlencode(f), ""),
    "xml": (lambda f: "<a/>", "application/xml"),
    "broken json": (lambda f: '{"head":', "application/json"),
    "json list": (lambda f: "[1,2]", "application/json"),
    "json with doubled body": (lambda f: '{"head":{"signature":"x"},"body":{},"body":{}}', "application/json"),
    "deep json": (lambda f: "[" * 5000 + "]" * 5000, "application/json"),
    "multipart": (lambda f: "--x--", "multipart/form-data; boundary=x"),
    "a thousand fields": (lambda f: "&".join(f"f{i}=1" for i in range(1000)), FORM),
}


@pytest.mark.parametrize(("build", "content_type"), MALFORMED.values(), ids=MALFORMED.keys())
def test_what_cannot_be_read_is_a_clear_400_and_kept(
    payment: Payment, paytm: Paytm, post: Callable[..., Any], build: Callable[[dict], Any], content_type: str
) -> None:
    response = post(build(callback_fields(payment)), content_type)
    assert response.status_code == 400
    assert WireMessage.objects.get().verdict == "malformed"
    assert unchanged(payment)
    assert paytm.asked() == 0


def test_a_body_over_64_kib_is_refused_unread(payment: Payment, post: Callable[..., Any]) -> None:
    assert post("a=" + "b" * 65_536).status_code == 413
    assert unchanged(payment)


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_post_is_accepted(client: Client, endpoint: str, method: str) -> None:
    response = getattr(client, method)(endpoint)
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert WireMessage.objects.count() == 0


def test_an_unknown_order_is_stored_and_answered_calmly(
    payment: Payment, paytm: Paytm, post: Callable[..., Any], endpoint: str, client: Client
) -> None:
    response = post(callback_fields(payment, ORDERID="261121-nobodysorder"))
    assert response.status_code == (303 if "callback" in endpoint else 200)
    if "callback" in endpoint:
        page = client.get(response["Location"])
        assert page.status_code == 200
        assert "We do not know this payment" in page.content.decode()
    assert WireMessage.objects.get().payment is None
    assert unchanged(payment)
    assert paytm.asked() == 0


def test_an_unknown_account_in_the_address_is_a_404(client: Client, endpoint: str) -> None:
    assert client.post(f"{endpoint}nosuch/", "a=b", content_type=FORM).status_code == 404


def test_another_accounts_address_does_not_reach_this_accounts_payment(
    payment: Payment, paytm: Paytm, client: Client, endpoint: str, settings: Any
) -> None:
    own = settings.PAYTM_KIT["ACCOUNTS"]["default"]
    other = {**own, "MERCHANT_ID": "OTHERMID000000000002"}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": own, "tickets": other}}
    response = client.post(f"{endpoint}tickets/", urlencode(callback_fields(payment)), content_type=FORM)
    assert response.status_code in (200, 303)
    assert unchanged(payment)
    assert paytm.asked() == 0


def test_a_defect_of_ours_is_a_503_and_the_message_waits(
    payment: Payment, post: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*args: object) -> None:
        raise OverflowError("date value out of range")

    monkeypatch.setattr("paytm_kit.services.intake._process", break_down)
    assert post(callback_fields(payment)).status_code == 503
    assert WireMessage.objects.get(direction="in").processed_at is None
    assert "OverflowError" in caplog.text


def test_fifty_copies_of_one_message_pay_once(payment: Payment, paytm: Paytm, post: Callable[..., Any]) -> None:
    paytm.will_say(payment=payment)
    fields = callback_fields(payment)
    answers = {post(fields).status_code for _ in range(50)}
    assert answers <= {200, 303}
    payment.refresh_from_db()
    assert (payment.status, payment.captured_amount) == ("paid", payment.amount)
    assert payment.events.filter(kind="captured").count() == 1
    assert Announcement.objects.get().signal == "payment_succeeded"
    assert WireMessage.objects.filter(direction="in").count() == 50
    assert paytm.asked() == 1


def test_a_failure_after_success_changes_nothing(payment: Payment, paytm: Paytm, post: Callable[..., Any]) -> None:
    paytm.will_say(payment=payment)
    post(callback_fields(payment))
    paytm.will_say("TXN_FAILURE", payment=payment)
    post(callback_fields(payment, "TXN_FAILURE"))
    payment.refresh_from_db()
    assert payment.status == "paid"


def test_an_old_success_replayed_pays_no_other_attempt(
    order: Order, start: Callable[..., Payment], paytm: Paytm, post: Callable[..., Any]
) -> None:
    first = start(order)
    paytm.will_say("TXN_FAILURE", payment=first)
    old = callback_fields(first)
    post(callback_fields(first, "TXN_FAILURE"))
    second = start(order)
    post(old)
    second.refresh_from_db()
    assert (second.pk == first.pk, second.status) == (False, "processing")
    assert not order.is_paid


def test_a_second_transaction_named_by_a_signed_message_is_flagged(
    payment: Payment, paytm: Paytm, post: Callable[..., Any]
) -> None:
    paytm.will_say(payment=payment)
    post(callback_fields(payment))
    post(callback_fields(payment, TXNID="20261121111212800110168000000000002"))
    payment.refresh_from_db()
    assert (payment.status, payment.flag_list) == ("paid", ["duplicate"])


def test_an_answer_of_another_environment_never_satisfies_this_one(
    payment: Payment, paytm: Paytm, post: Callable[..., Any], settings: Any
) -> None:
    paytm.will_say(payment=payment)
    account = {**settings.PAYTM_KIT["ACCOUNTS"]["default"], "ENVIRONMENT": "production"}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": account}}
    assert post(callback_fields(payment)).status_code in (303, 503)
    assert unchanged(payment)
    assert paytm.asked() == 0


def test_during_a_key_rotation_both_keys_verify_and_afterwards_one(
    start: Callable[..., Payment], paytm: Paytm, post: Callable[..., Any], endpoint: str, settings: Any
) -> None:
    account = settings.PAYTM_KIT["ACCOUNTS"]["default"]
    old, new = account["MERCHANT_KEY"], "new#Key&22@paytm"
    rotating = {**account, "MERCHANT_KEY": new, "PREVIOUS_MERCHANT_KEY": old}
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": rotating}}
    for key in (old, new):
        payment = start()
        paytm.will_answer(status_text(payment.gateway_order_id, key=key, txnId=f"T{payment.pk}"))
        assert post(callback_fields(payment, key=key)).status_code in (200, 303)
        payment.refresh_from_db()
        assert payment.status == "paid"
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": {**account, "MERCHANT_KEY": new}}}
    last = start()
    paytm.will_say("NO_RECORD_FOUND", payment=last)
    assert post(callback_fields(last, key=old)).status_code == rejected_status(endpoint)
    assert unchanged(last)


def test_a_card_number_in_any_field_is_masked_and_reported(
    payment: Payment, paytm: Paytm, post: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    paytm.will_say("PENDING", payment=payment)
    post(callback_fields(payment, RESPMSG="4111 1111 1111 1111", BIN_NUMBER="411111", EMAIL="asha@example.com"))
    stored = WireMessage.objects.get(direction="in").request_body
    assert "4111" not in stored
    assert "****1111" in stored
    assert "asha@" not in stored
    assert "411111" not in stored
    assert "inbound.card_number" in caplog.text


def test_no_cookie_is_set_and_no_session_touched(payment: Payment, paytm: Paytm, post: Callable[..., Any]) -> None:
    paytm.will_say(payment=payment)
    response = post(callback_fields(payment))
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


def test_the_ledger_stays_right_when_the_merchants_id_changes_case(
    payment: Payment, paytm: Paytm, post: Callable[..., Any]
) -> None:
    """MariaDB would find ORDERID in any case; the signed answer is for the exact id only."""
    paytm.will_say(payment=payment)
    post(callback_fields(payment, ORDERID=payment.gateway_order_id.upper(), MID=MID))
    payment.refresh_from_db()
    assert payment.status in ("processing", "paid")
    assert payment.captured_amount in (0, payment.amount)
    assert book.asked(payment.pk).status == payment.status
