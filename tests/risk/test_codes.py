"""One-time codes by e-mail: one letter, five tries, ten minutes, one use; a mail server that is down loses nothing."""

from __future__ import annotations

import logging
import re
import smtplib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.test import Client
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit.models import EmailCode, Payment, RiskDecision
from paytm_kit.services import codes
from tests.ledger.test_races import together
from tests.paytm import FORM, Paytm, callback_fields

RULE = {"name": "code", "when": "amount >= 1000", "action": "verify", "reason": "A high amount."}
SENT = "Taking you to the payment page"


def soup_of(response: Any) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def heading(response: Any) -> str:
    return soup_of(response).h1.get_text(strip=True)


def problem(response: Any) -> str:
    return " ".join(soup_of(response).find(role="alert").get_text().replace("⚠", "").split())


def mailed() -> str:
    """The code in the newest letter."""
    [code] = re.findall(r"^ +(\d{6})$", mail.outbox[-1].body, re.MULTILINE)
    return code


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


@pytest.fixture
def asked(configure: Callable[..., None], opened: Callable[..., Payment], gateway: Paytm) -> Payment:
    """A payment for which a code has just been sent."""
    configure(RISK_RULES=[RULE])
    payment = opened("1500.00")
    Client().get(f"/paytm/pay/{payment.token}/")
    return payment


def type_in(payment: Payment, code: str, browser: Client | None = None) -> Any:
    return (browser or Client()).post(f"/paytm/verify/{payment.token}/", {"code": code})


def ask_again(payment: Payment) -> Any:
    return Client().post(f"/paytm/verify/{payment.token}/", {"again": "1"})


@pytest.fixture
def site_template(settings: Any, tmp_path: Any) -> Callable[[str, str], None]:
    """Puts a template of the site's own in the place of one of the kit's letters."""

    def put(name: str, text: str) -> None:
        folder = tmp_path / "paytm_kit" / "email"
        folder.mkdir(parents=True)
        (folder / name).write_text(text)
        settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]

    return put


# ---- The way of an honest shopper


@pytest.mark.databases
def test_the_right_code_leads_on_to_the_gateway_and_is_good_once(asked: Payment, gateway: Paytm) -> None:
    assert len(mail.outbox) == 1
    letter = mail.outbox[0]
    assert (letter.to, letter.subject) == (["asha@example.com"], f"testserver: your code for {asked.order_label}")
    assert "₹1,500.00" in letter.body
    code = mailed()
    browser = Client()
    response = type_in(asked, code, browser)
    assert (response.status_code, response["Location"]) == (303, f"/paytm/pay/{asked.token}/")
    assert heading(browser.get(response["Location"])) == SENT
    decision = RiskDecision.objects.get()
    assert (decision.action, decision.outcome, decision.actor) == ("verify", "passed", "*code*")
    row = EmailCode.objects.get()
    assert row.used_at is not None
    assert code not in str(EmailCode.objects.values())
    asked.refresh_from_db()
    assert asked.status == "processing"


def test_the_page_has_one_field_that_phones_fill_by_themselves_and_needs_no_javascript(asked: Payment) -> None:
    page = soup_of(Client().get(f"/paytm/pay/{asked.token}/"))
    assert not page.find("script")
    [field] = page.select("input:not([type=hidden])")
    assert (field["autocomplete"], field["inputmode"], field["name"]) == ("one-time-code", "numeric", "code")
    assert page.find("label", attrs={"for": field["id"]}).get_text() == "Six-digit code"
    assert "a***@example.com" in page.get_text()
    assert "asha@example.com" not in str(page)
    assert "A high amount" not in str(page)
    assert field.find_parent("form")["action"] == f"/paytm/verify/{asked.token}/"


def test_looking_again_sends_no_second_letter(asked: Payment) -> None:
    for address in ("pay", "verify", "pay"):
        page = Client().get(f"/paytm/{address}/{asked.token}/")
        assert heading(page) == "Enter the code from your e-mail"
    assert len(mail.outbox) == 1


def test_the_flow_that_was_chosen_is_kept_on_the_way(
    configure: Callable[..., None], opened: Callable[..., Payment], gateway: Paytm
) -> None:
    configure(RISK_RULES=[RULE])
    payment, browser = opened("1500.00"), Client()
    page = soup_of(browser.get(f"/paytm/pay/{payment.token}/?flow=js"))
    action = page.find("input", attrs={"name": "code"}).find_parent("form")["action"]
    response = browser.post(action, {"code": mailed()})
    assert heading(browser.get(response["Location"])) == "Ready to pay"


@pytest.mark.parametrize("between", [" ", "-", "\u2011", "\u200b", "\t"])
def test_spaces_and_hyphens_do_not_matter(asked: Payment, between: str) -> None:
    code = mailed()
    assert type_in(asked, f" {code[:3]}{between}{code[3:]} ").status_code == 303


def test_devanagari_digits_are_digits(asked: Payment) -> None:
    assert type_in(asked, mailed().translate(str.maketrans("0123456789", "०१२३४५६७८९"))).status_code == 303


@pytest.mark.parametrize(("order", "page", "letter"), [("hi", "en", "hi"), ("", "hi", "hi"), ("xx", "en", "en")])
def test_the_letter_speaks_the_orders_language_or_else_the_pages(
    configure: Callable[..., None],
    opened: Callable[..., Payment],
    gateway: Paytm,
    site_template: Callable[[str, str], None],
    order: str,
    page: str,
    letter: str,
) -> None:
    configure(RISK_RULES=[RULE])
    site_template("code_subject.txt", "{% load i18n %}{% get_current_language as spoken %}{{ spoken }}")
    payment = opened("1500.00", language=order)
    Client(headers={"Accept-Language": page}).get(f"/paytm/pay/{payment.token}/")
    assert mail.outbox[0].subject == letter


def test_a_template_of_the_sites_own_that_breaks_gives_way(
    configure: Callable[..., None],
    opened: Callable[..., Payment],
    gateway: Paytm,
    site_template: Callable[[str, str], None],
) -> None:
    configure(RISK_RULES=[RULE])
    site_template("code_body.txt", "{% no_such_tag %}")
    payment = opened("1500.00")
    Client().get(f"/paytm/pay/{payment.token}/")
    assert type_in(payment, mailed()).status_code == 303


def test_another_address_on_the_order_needs_another_code(asked: Payment) -> None:
    code = mailed()
    Order.objects.update(email="ravi@example.com")
    assert type_in(asked, code).status_code == 422
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        ask_again(asked)
        assert mail.outbox[-1].to == ["ravi@example.com"]
        assert type_in(asked, mailed()).status_code == 303


def test_a_code_for_one_payment_opens_no_other(asked: Payment, opened: Callable[..., Payment]) -> None:
    code, other = mailed(), opened("1500.00")
    Client().get(f"/paytm/pay/{other.token}/")
    assert len(mail.outbox) == 2
    if mailed() != code:
        assert type_in(other, code).status_code == 422


def test_where_no_code_is_asked_for_the_page_leads_on(payment: Payment, gateway: Paytm) -> None:
    for response in (Client().get(f"/paytm/verify/{payment.token}/"), type_in(payment, "123456"), ask_again(payment)):
        assert (response.status_code, response["Location"]) == (303, f"/paytm/pay/{payment.token}/")
    assert len(mail.outbox) == 0


@pytest.mark.parametrize("email", ["", "nobody", "a@b@c", "asha@example.com\nbcc: ravi@example.com"])
def test_without_an_address_a_person_decides(
    configure: Callable[..., None], opened: Callable[..., Payment], gateway: Paytm, email: str
) -> None:
    configure(RISK_RULES=[RULE])
    payment = opened("1500.00", email=email)
    assert heading(Client().get(f"/paytm/pay/{payment.token}/")) == "We are looking at your order first"
    assert RiskDecision.objects.get().action == "hold"
    assert len(mail.outbox) == 0


# ---- Limits of tries, time and letters


def test_five_wrong_tries_and_the_code_is_void(asked: Payment) -> None:
    code = mailed()
    for left in (4, 3, 2):
        response = type_in(asked, wrong(code))
        assert response.status_code == 422
        assert f"you can try {left} more times" in problem(response)
    assert "you can try 1 more time." in problem(type_in(asked, wrong(code)))
    response = type_in(asked, wrong(code))
    assert problem(response) == "That was not the code, and it cannot be tried again. Please ask for a new one."
    assert not soup_of(response).find("input", attrs={"name": "code"})
    assert "not good any more" in problem(type_in(asked, code))  # the right one, too late
    assert EmailCode.objects.get().tries == 5
    asked.refresh_from_db()
    assert asked.status == "created"


@pytest.mark.parametrize(("seconds", "status"), [(599, 303), (600, 422)])
def test_a_code_lives_ten_minutes(
    configure: Callable[..., None], opened: Callable[..., Payment], gateway: Paytm, seconds: int, status: int
) -> None:
    configure(RISK_RULES=[RULE])
    payment = opened("1500.00")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        Client().get(f"/paytm/pay/{payment.token}/")
        clock.shift(seconds)
        assert type_in(payment, mailed()).status_code == status


def test_another_letter_takes_a_minute_and_makes_the_first_code_void(
    configure: Callable[..., None], opened: Callable[..., Payment], gateway: Paytm
) -> None:
    configure(RISK_RULES=[RULE])
    payment = opened("1500.00")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        Client().get(f"/paytm/pay/{payment.token}/")
        first = mailed()
        clock.shift(18)
        response = ask_again(payment)
        assert "on its way already" in problem(response)
        assert "another code in 42 seconds" in soup_of(response).get_text()
        clock.shift(42)
        assert soup_of(ask_again(payment)).find(role="alert") is None
        assert len(mail.outbox) == 2
        if mailed() != first:
            assert type_in(payment, first).status_code == 422
        assert type_in(payment, mailed()).status_code == 303


def test_nobodys_mailbox_is_flooded_by_many_orders(
    configure: Callable[..., None], opened: Callable[..., Payment], gateway: Paytm
) -> None:
    configure(RISK_RULES=[RULE])
    pages = [Client().get(f"/paytm/pay/{opened('1500.00').token}/") for _ in range(7)]
    assert len(mail.outbox) == 5
    assert "Many codes were sent to this address" in problem(pages[-1])


# ---- When something is down


class Down(BaseEmailBackend):
    def send_messages(self, messages: Any) -> int:
        assert not connection.in_atomic_block, "waits for the mail server in a transaction"
        raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed: asha@example.com")


@pytest.mark.databases
def test_a_mail_server_that_is_down_is_told_calmly_and_the_next_try_may_come_at_once(
    configure: Callable[..., None],
    opened: Callable[..., Payment],
    gateway: Paytm,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    configure(RISK_RULES=[RULE])
    payment, working = opened("1500.00"), settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.Down"
    response = Client().get(f"/paytm/pay/{payment.token}/")
    assert (response.status_code, heading(response)) == (200, "Confirm that it is you")
    assert problem(response) == "The e-mail could not be sent just now. Please try again in a moment."
    assert "code.not_sent" in caplog.text
    assert "asha@example.com" not in caplog.text
    settings.EMAIL_BACKEND = working
    assert soup_of(ask_again(payment)).find(role="alert") is None
    assert type_in(payment, mailed()).status_code == 303


def test_no_code_and_no_address_stands_in_the_log(
    configure: Callable[..., None], opened: Callable[..., Payment], gateway: Paytm, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    configure(RISK_RULES=[RULE])
    payment = opened("1500.00")
    Client().get(f"/paytm/pay/{payment.token}/")
    type_in(payment, wrong(mailed()))
    type_in(payment, mailed())
    assert "code.sent" in caplog.text
    assert "code.wrong" in caplog.text
    said = " ".join(record.getMessage() for record in caplog.records)
    assert "asha@example.com" not in said
    assert mailed() not in said


# ---- Many at once


@pytest.mark.databases
def test_no_number_of_processes_gets_a_sixth_try(asked: Payment) -> None:
    code = mailed()
    answers = together(*[lambda: codes.check(asked, wrong(code))] * 12)
    assert sorted(answers) == [codes.Answer.OVER] * 7 + [codes.Answer.WRONG] * 5
    assert codes.check(asked, code) is codes.Answer.OVER


@pytest.mark.databases
def test_who_asks_twice_at_once_gets_one_letter(
    configure: Callable[..., None], opened: Callable[..., Payment], gateway: Paytm
) -> None:
    configure(RISK_RULES=[RULE], LIMITS="codes=off")
    payment = opened("1500.00")
    said = together(*[lambda: codes.send(payment)] * 6)
    assert sorted(said) == [codes.Sent.SENT, *[codes.Sent.TOO_SOON] * 5]
    assert len(mail.outbox) == 1
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        said = together(*[lambda: codes.send(payment)] * 6)
    assert sorted(said) == [codes.Sent.SENT, *[codes.Sent.TOO_SOON] * 5]


# ---- Hostile input

HOSTILE = {
    "nothing": {},
    "empty": {"code": ""},
    "five digits": {"code": "12345"},
    "seven digits": {"code": "1234567"},
    "letters": {"code": "abcdef"},
    "markup": {"code": "<script>alert(1)</script>"},
    "NUL": {"code": "12345\x00"},
    "superscripts": {"code": "¹²³⁴⁵⁶"},
    "a card number": {"code": "4111111111111111"},
    "very long": {"code": "1" * 60_000},
    "SQL": {"code": "' OR 1=1 --"},
    "negative": {"code": "-12345"},
    "lone surrogate": {"code": "12345\udcff".encode("utf-8", "surrogatepass")},
    "hyphens only": {"code": "-" * 12},
    "twice": {"code": ["000000x", "x"]},
}


@pytest.mark.parametrize("sent", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_code_is_a_calm_422_and_costs_no_try(asked: Payment, sent: dict[str, Any]) -> None:
    body = urlencode(sent, doseq=isinstance(sent.get("code"), list))
    response = Client().post(f"/paytm/verify/{asked.token}/", body, content_type=FORM)
    assert response.status_code == 422
    assert problem(response) == "The code has six digits. Please type all of them."
    page = response.content.decode()
    assert "alert(1)" not in page
    assert "4111111111111111" not in page
    assert EmailCode.objects.get().tries == 0


BODIES = {
    "json": (b'{"code": 1}', "application/json"),
    "xml": (b"<a/>", "application/xml"),
    "raw bytes": (b"\xff\xfe\x00" * 50, FORM),
    "broken multipart": (b"--x--", "multipart/form-data; boundary=x"),
    "a callback": (urlencode({"ORDERID": "x", "STATUS": "TXN_SUCCESS"}).encode(), FORM),
}


@pytest.mark.parametrize(("body", "content_type"), BODIES.values(), ids=BODIES)
def test_bodies_that_are_no_form_of_ours_do_nothing(asked: Payment, body: bytes, content_type: str) -> None:
    response = Client().post(f"/paytm/verify/{asked.token}/", body, content_type=content_type)
    assert response.status_code in (400, 422)
    asked.refresh_from_db()
    assert (asked.status, EmailCode.objects.get().tries) == ("created", 0)


def test_a_signed_success_sent_to_the_code_page_pays_nothing(asked: Payment) -> None:
    Client().post(f"/paytm/verify/{asked.token}/", callback_fields(asked))
    asked.refresh_from_db()
    assert asked.status == "created"


def test_the_code_page_needs_the_csrf_token(asked: Payment) -> None:
    assert type_in(asked, mailed(), Client(enforce_csrf_checks=True)).status_code == 403
    assert EmailCode.objects.get().used_at is None


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_are_refused(asked: Payment, method: str) -> None:
    assert getattr(Client(), method)(f"/paytm/verify/{asked.token}/").status_code == 405


def test_an_address_that_was_guessed_is_a_404(asked: Payment) -> None:
    assert Client().get(f"/paytm/verify/{'0' * 40}/").status_code == 404
    assert Client().post(f"/paytm/verify/{asked.pk}/", {"code": mailed()}).status_code == 404


def test_the_page_is_neither_stored_nor_framed(asked: Payment) -> None:
    response = Client().get(f"/paytm/verify/{asked.token}/?flow=<script>")
    assert "no-store" in response["Cache-Control"]
    assert response["X-Frame-Options"] == "DENY"
    assert "<script" not in response.content.decode()
