"""Keys, tokens and contacts stay where they belong: grep everything that a purchase leaves behind, good and bad.

The merchant keys here are canaries: whatever shows one of them has leaked it.
"""

from __future__ import annotations

import html
import io
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import OperationalError, models
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from demo_site.shop.models import Order
from paytm_kit import conf, refunds, signals
from paytm_kit.checkout import open_payment
from paytm_kit.conf.tables import casts
from paytm_kit.gateways.base import GatewayError
from paytm_kit.ledger import book
from paytm_kit.models import Payment, WireMessage
from paytm_kit.services import audit, journal
from tests import settlements as settlement_report
from tests.begin import begin
from tests.ledger.test_book import success
from tests.paytm import HOST, KEY, MID, Paytm, callback_fields, post_callback, post_json_webhook, post_webhook
from tests.services.test_disputes import event as dispute

CANARY = "canaryKey1234567"  # signs; letters and digits only, so that no escaping hides it from a search
OLDER = KEY  # still verifies: the suite's Paytm signs with it
TOKEN = "canarytoken" + "0" * 40
EMAIL, MOBILE = "asha.canary@example.com", "9000012345"
KEYS = (CANARY, OLDER)
CONTACTS = (EMAIL, "asha.canary", MOBILE)
ACCOUNT = {
    "ENVIRONMENT": "staging",
    "MERCHANT_ID": MID,
    "MERCHANT_KEY": CANARY,
    "PREVIOUS_MERCHANT_KEY": OLDER,
    "HOST": HOST,
}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def canaries(settings: Any) -> None:
    settings.PAYTM_KIT = {"BASE_URL": "http://testserver", "ACCOUNTS": {"default": ACCOUNT}}


@pytest.fixture
def order(make_order: Callable[..., Order]) -> Order:
    return make_order(email=EMAIL, mobile=MOBILE)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], str]]:
    """Everything that any logger said, at DEBUG, with its attributes and tracebacks."""
    caplog.set_level(logging.DEBUG)
    formatter = logging.Formatter()

    def text() -> str:
        return "\n".join(f"{formatter.format(record)} {record.__dict__}" for record in caplog.records)

    yield text
    assert_nothing_leaked(text())


def assert_nothing_leaked(text: str, *, but_for: tuple[str, ...] = ()) -> None:
    text = html.unescape(text)
    for secret in {*KEYS, TOKEN, *CONTACTS} - set(but_for):
        at = text.find(secret)
        assert at < 0, f"{secret!r} leaked: …{text[max(at - 100, 0) : at + 100]}…"


def stored() -> str:
    """Every text of every row of every table of the kit."""
    found = []
    for model in apps.get_app_config("paytm_kit").get_models():
        texts = [f.attname for f in model._meta.concrete_fields if isinstance(f, models.CharField | models.TextField)]
        assert texts
        found += [str(row) for row in model._base_manager.values_list(*texts)]
    return "\n".join(found)


# ---- What a purchase leaves behind


def down(paytm: Paytm) -> None:
    paytm.will_answer(requests.ConnectionError(f"{CANARY} {TOKEN}"))


def echo(paytm: Paytm) -> None:
    """An answer that sends secrets back: a debugging proxy, an error page."""
    paytm.will_answer(f"<html>{CANARY} {TOKEN} {EMAIL} {MOBILE}</html>", http_status=500)


def echo_in_json(paytm: Paytm) -> None:
    paytm.will_answer(f'{{"head":{{"signature":"{TOKEN}"}},"body":{{"key":"{CANARY}","email":"{EMAIL}"}}}}')


STATUS: dict[str, Callable[[Paytm, Payment], None]] = {
    "paid": lambda paytm, payment: paytm.will_say(payment=payment),
    "failed": lambda paytm, payment: paytm.will_say("TXN_FAILURE", payment=payment),
    "unknown word": lambda paytm, payment: paytm.will_say("NEW_WORD", payment=payment),
    "other amount": lambda paytm, payment: paytm.will_say(payment=payment, txnAmount="1.00"),
    "unsigned": lambda paytm, payment: paytm.will_say(payment=payment, signed=False),
    "signed with another key": lambda paytm, payment: paytm.will_say(payment=payment, key="other#Key&1@pay!"),
    "with contacts": lambda paytm, payment: paytm.will_say(
        payment=payment, payerAccount=EMAIL, mobile=MOBILE, vpa=EMAIL, maskedCustomerMobileNumber=MOBILE, unknown=EMAIL
    ),
    "down": lambda paytm, payment: down(paytm),
    "error page": lambda paytm, payment: echo(paytm),
    "nonsense": lambda paytm, payment: echo_in_json(paytm),
}


@pytest.mark.parametrize("answer", STATUS.values(), ids=STATUS)
def test_a_purchase_leaves_no_secret_in_the_logs_the_tables_or_the_pages(
    order: Order,
    paytm: Paytm,
    client: Client,
    logged: Callable[[], str],
    answer: Callable[[Paytm, Payment], None],
) -> None:
    payment = open_payment(order)
    paytm.will_start(token=TOKEN)
    page = client.get(f"/paytm/pay/{payment.token}/")
    assert_nothing_leaked(page.content.decode(), but_for=(TOKEN,))
    assert TOKEN in page.content.decode()  # the shopper's form carries it; it is worth nothing without the shopper
    payment.refresh_from_db()
    answer(paytm, payment)
    contacts = {"EMAIL": EMAIL, "MOBILE_NO": MOBILE, "VPA": EMAIL, "OTHER": EMAIL}
    pages = [
        post_callback(client, callback_fields(payment, key=CANARY, **contacts)),
        post_webhook(client, callback_fields(payment, key=CANARY, **contacts)),
        post_json_webhook(client, {"orderId": payment.gateway_order_id, "mid": MID, "email": EMAIL, "token": TOKEN}),
        post_webhook(client, {**callback_fields(payment), "CHECKSUMHASH": "x" * 108, "MERCHANT_KEY": CANARY}),
        post_callback(client, f"MERCHANT_KEY={CANARY}&{EMAIL}&{MOBILE}"),
        client.get(payment.get_result_url()),
        client.get(f"/paytm/status/{payment.token}/"),
    ]
    for response in pages:
        assert_nothing_leaked(f"{response.content.decode()} {response.headers}")
    assert WireMessage.objects.filter(direction="out", channel="initiate").exists()
    assert WireMessage.objects.filter(direction="in").count() == 5
    assert_nothing_leaked(stored())
    assert logged()


@pytest.mark.parametrize("trouble", [down, echo, echo_in_json])
def test_a_payment_that_cannot_be_started_leaks_nothing(
    order: Order, paytm: Paytm, client: Client, logged: Callable[[], str], trouble: Callable[[Paytm], None]
) -> None:
    payment = open_payment(order)
    trouble(paytm)
    initiate = f"{HOST}/theia/api/v1/initiateTransaction"
    for match in list(paytm.wire.registered()):
        match.url = initiate
    page = client.get(f"/paytm/pay/{payment.token}/")
    assert page.status_code == 503
    assert_nothing_leaked(page.content.decode())
    assert_nothing_leaked(stored())
    assert "checkout.not_started" in logged()


def test_a_receiver_that_raises_leaks_nothing_of_ours(
    payment: Payment, paytm: Paytm, client: Client, logged: Callable[[], str]
) -> None:
    def broken(**kwargs: Any) -> None:
        raise RuntimeError(f"{kwargs!r}")  # a receiver that writes down all that it got

    paytm.will_say(payment=payment)
    signals.payment_succeeded.connect(broken)
    try:
        post_callback(client, callback_fields(payment, key=CANARY))
    finally:
        signals.payment_succeeded.disconnect(broken)
    assert "RuntimeError" in logged()
    assert_nothing_leaked(stored())


def test_a_database_that_fails_in_the_middle_leaks_nothing(
    payment: Payment, client: Client, monkeypatch: pytest.MonkeyPatch, logged: Callable[[], str]
) -> None:
    def full(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("disk full")

    monkeypatch.setattr(WireMessage.objects, "create", full)
    page = post_callback(client, callback_fields(payment, key=CANARY, EMAIL=EMAIL))
    assert page.status_code == 503
    assert_nothing_leaked(page.content.decode())
    assert "disk full" in logged()


def test_the_admin_shows_no_secret(order: Order, paytm: Paytm, client: Client, tmp_path: Path) -> None:
    payment = open_payment(order)
    paytm.will_start(token=TOKEN)
    client.get(f"/paytm/pay/{payment.token}/")
    paytm.will_say(payment=payment)
    post_callback(client, callback_fields(payment, key=CANARY, EMAIL=EMAIL, MOBILE_NO=MOBILE))
    book.apply(payment.pk, success(payment), source="reconcile")
    paytm.will_refund(customerEmail=EMAIL, userMobileNo=MOBILE)
    refunds.request(payment, "1.00", reason="x")
    payment.refresh_from_db()
    assert post_json_webhook(client, dispute(payment, custId=EMAIL, message=f"call {MOBILE}")).status_code == 200
    settlement_report.read(settlement_report.report(tmp_path, settlement_report.line(payment)))
    audit.by_command("admin", "payment.close", payment, reason=f"for {EMAIL}", detail=f"q={EMAIL}, {MOBILE}")
    client.force_login(User.objects.create_superuser("admin"))
    filled = set()
    for model in [model for model in admin.site._registry if model._meta.app_label == "paytm_kit"]:
        name = model._meta.model_name
        filled |= {name} if model._base_manager.exists() else set()
        for address in ("", *(f"{row.pk}/change/" for row in model._base_manager.all())):
            page = client.get(f"/admin/paytm_kit/{name}/{address}")
            assert page.status_code == 200
            assert_nothing_leaked(page.content.decode())
            assert payment.token not in page.content.decode()
    assert filled >= {
        *("payment", "paymentevent", "wiremessage", "announcement", "refund", "dispute"),
        *("settlement", "settlementline", "auditentry"),
    }


# ---- Representations and commands


def test_nothing_of_ours_shows_a_key_when_printed(order: Order, paytm: Paytm) -> None:
    account = conf.account()
    gateway = journal.gateway_for(account)
    payment = open_payment(order)
    begin(payment.pk)
    echo(paytm)
    with pytest.raises(GatewayError) as caught:
        gateway.status(payment.gateway_order_id)
    for thing in (
        account,
        account.keys,
        account.key,
        gateway,
        payment,
        conf.kit(),
        order.payment_customer(),
        caught.value,
    ):
        assert_nothing_leaked(f"{thing!r} {[thing]} {getattr(thing, '__dict__', '')}")
    assert_nothing_leaked(f"{account} {gateway} {payment} {caught.value} {caught.value.user_message}")


@pytest.mark.parametrize("key", [CANARY, CANARY + "\n", "canary"])
@pytest.mark.parametrize(
    "command", [["paytm_doctor", "--offline"], ["paytm_reconcile", "--all"], ["check"], ["check", "--deploy"]]
)
def test_no_command_prints_a_key(
    settings: Any, start: Callable[..., Payment], paytm: Paytm, capsys: Any, command: list[str], key: str
) -> None:
    start()
    down(paytm)
    settings.PAYTM_KIT = {"BASE_URL": "http://testserver", "ACCOUNTS": {"default": {**ACCOUNT, "MERCHANT_KEY": key}}}
    told, out = "", io.StringIO()
    try:
        call_command(*command, stdout=out, stderr=out)
    except CommandError as error:
        told = str(error)
    captured = capsys.readouterr()
    text = told + out.getvalue() + captured.out + captured.err
    assert text
    assert "canary" not in text
    assert_nothing_leaked(text)


# ---- Error pages


def boom(request: HttpRequest) -> HttpResponse:
    """A merchant's view that lets the kit's errors through."""
    open_payment(Order.objects.get())
    return HttpResponse("fine")


urlpatterns = [path("boom/", boom), path("", include("demo_site.urls"))]

BROKEN: dict[str, dict[str, Any]] = {
    "a word that is none": {"FLOW": "popup"},
    "a timeout that is none": {"READ_TIMEOUT": "soon"},
    "no MID": {"MERCHANT_ID": ""},
    "another MID": {"MERCHANT_ID": "OTHERMID000000000001"},
    "a key of another length": {"MERCHANT_KEY": CANARY + "8"},
}


@pytest.fixture
def broken_page(order: Order, settings: Any, client: Client, time_machine: Any) -> Callable[..., str]:
    """Django's debug page for a site whose view lets an error of the kit through."""

    def show(account: dict[str, Any] | None = None, **kit: Any) -> str:
        settings.PAYTM_KIT = {
            "BASE_URL": "http://testserver",
            **kit,
            "ACCOUNTS": {"default": {**ACCOUNT, **(account or {})}},
        }
        settings.DEBUG = True
        settings.ROOT_URLCONF = __name__
        client.raise_request_exception = False
        response = client.get("/boom/")
        assert response.status_code == 500
        page = html.unescape(response.content.decode())
        assert "Traceback" in page
        assert "PAYTM_KIT" in page  # Django lists the settings, with what looks secret by its name starred
        return page

    return show


@pytest.mark.parametrize("account", BROKEN.values(), ids=BROKEN)
def test_the_debug_page_of_a_wrong_setting_shows_no_key(
    broken_page: Callable[..., str], account: dict[str, Any], order: Order, time_machine: Any
) -> None:
    payment = open_payment(order)
    begin(payment.pk)
    time_machine.move_to("2099-01-01")  # old enough to be asked about, which is when the account is used
    page = broken_page(account)
    assert_nothing_leaked(page, but_for=CONTACTS)
    assert "ConfigurationError" in page


def test_the_debug_page_of_a_wrong_base_url_or_minimum_shows_no_key(broken_page: Callable[..., str]) -> None:
    page = broken_page(MINIMUM_AMOUNT="one")
    assert "MINIMUM_AMOUNT" in page
    assert_nothing_leaked(page, but_for=CONTACTS)


def test_the_debug_page_of_a_gateway_that_is_down_shows_no_key(
    broken_page: Callable[..., str], order: Order, paytm: Paytm, time_machine: Any
) -> None:
    begin(open_payment(order).pk)
    time_machine.move_to("2099-01-01")
    paytm.will_answer(requests.ConnectionError("no route"))
    assert_nothing_leaked(broken_page(), but_for=CONTACTS)


@pytest.mark.parametrize("debug", [True, False])
def test_djangos_own_filter_stars_our_secrets(settings: Any, debug: bool, rf: RequestFactory) -> None:
    """H2: the names of our secret settings and variables are names that Django hides."""
    settings.DEBUG = debug
    shown = SafeExceptionReporterFilter().get_safe_settings()["PAYTM_KIT"]["ACCOUNTS"]["default"]
    assert shown["MERCHANT_ID"] == MID
    assert {shown["MERCHANT_KEY"], shown["PREVIOUS_MERCHANT_KEY"]} == {SafeExceptionReporterFilter.cleansed_substitute}
    secret = [setting for setting in conf.ACCOUNT_SETTINGS if setting.cast is casts.verbatim]
    signing = ["MERCHANT_KEY", "PREVIOUS_MERCHANT_KEY", "WEBHOOK_SECRET", "PREVIOUS_WEBHOOK_SECRET"]
    assert [setting.name for setting in secret] == signing
    request = rf.get("/", **{conf.variable(setting, "tickets"): CANARY for setting in secret})
    assert CANARY not in str(SafeExceptionReporterFilter().get_safe_request_meta(request))


@pytest.mark.parametrize("debug", [True, False])
def test_a_mail_to_the_admins_about_an_error_shows_no_key(
    settings: Any, order: Order, rf: RequestFactory, debug: bool
) -> None:
    settings.DEBUG = debug
    settings.PAYTM_KIT = {"BASE_URL": "http://testserver", "ACCOUNTS": {"default": {**ACCOUNT, "FLOW": "popup"}}}
    try:
        open_payment(order)
    except GatewayError:
        reporter = ExceptionReporter(rf.get("/"), *sys.exc_info(), is_email=not debug)
        for report in (reporter.get_traceback_html(), reporter.get_traceback_text()):
            assert_nothing_leaked(report, but_for=CONTACTS)
    else:
        pytest.fail("a flow that does not exist was accepted")
