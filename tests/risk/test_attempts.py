"""How often somebody may start a payment: by customer, browser and address; who waits reads how long."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit import checkout as public
from paytm_kit.models import AttemptCount, Payment
from paytm_kit.services import caller, hurdles, limits
from tests.ledger.test_races import together
from tests.paytm import Paytm, callback_fields, post_callback, post_webhook

HOME = {"REMOTE_ADDR": "203.0.113.9"}


def retry(browser: Client, payment: Payment, **extra: Any) -> Any:
    return browser.post(f"/paytm/pay/{payment.token}/", **{**HOME, **extra})


def text_of(response: Any) -> str:
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text(" ").split())


@pytest.mark.databases
def test_the_limit_is_exact_and_over_it_a_calm_page_says_how_long_to_wait(
    configure: Callable[..., None], browser: Client, opened: Callable[..., Payment], gateway: Paytm
) -> None:
    configure(LIMITS="customer=3/10m")
    payment = opened()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert [retry(browser, payment).status_code for _ in range(3)] == [303] * 3
        clock.shift(61)
        response = retry(browser, payment)
        assert (response.status_code, response["Retry-After"]) == (429, "539")
        assert "You can try again in 9 minutes." in text_of(response)
        assert "Your order is kept" in text_of(response)
        assert "no-store" in response["Cache-Control"]
        clock.shift(538)
        assert retry(browser, payment)["Retry-After"] == "1"
        clock.shift(1)
        assert retry(browser, payment).status_code == 303
    payment.refresh_from_db()
    assert (payment.status, payment.order.payments.count()) == ("created", 1)
    assert gateway.asked("/theia/api/v1/initiateTransaction") == 0


def test_the_waiting_page_works_without_javascript_and_leads_on(
    configure: Callable[..., None], opened: Callable[..., Payment], gateway: Paytm
) -> None:
    configure(LIMITS="customer=1/10m")
    payment, browser = opened(), Client(enforce_csrf_checks=True)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert retry(Client(), payment).status_code == 303
        page = BeautifulSoup(retry(Client(), payment).content, "html.parser")
        assert not page.find("script")
        form = page.find("form", action=f"/paytm/pay/{payment.token}/")
        assert form["method"] == "post"
        browser.cookies["csrftoken"] = "a" * 32
        clock.shift(601)
        response = browser.post(form["action"], {"csrfmiddlewaretoken": "a" * 32}, **HOME)
        assert response.status_code == 303
        assert payment.gateway_order_id in browser.get(response["Location"]).content.decode()


@pytest.mark.parametrize("kind", ["newcomers", "address"])
def test_many_customers_at_one_address_are_counted_together(
    configure: Callable[..., None], opened: Callable[..., Payment], kind: str
) -> None:
    configure(LIMITS=f"{kind}=2/10m")
    assert [retry(Client(), opened()).status_code for _ in range(3)] == [303, 303, 429]
    assert retry(Client(), opened(), REMOTE_ADDR="203.0.113.10").status_code == 303


def test_one_browser_is_counted_by_its_cookie_wherever_it_is(
    configure: Callable[..., None], browser: Client, opened: Callable[..., Payment]
) -> None:
    configure(LIMITS="device=2/10m")
    addresses = [f"203.0.113.{number}" for number in range(4)]
    answers = [retry(browser, opened(), REMOTE_ADDR=address).status_code for address in addresses]
    assert answers == [303, 303, 303, 429]  # the first one brought the cookie
    assert retry(Client(), opened()).status_code == 303


def test_the_cookie_is_signed_random_and_good_for_nothing_else(browser: Client, opened: Callable[..., Payment]) -> None:
    retry(browser, opened())
    first = browser.cookies[caller.COOKIE]
    assert (first["httponly"], first["samesite"], first["max-age"]) == (True, "Lax", 365 * 86_400)
    assert re.fullmatch(r"[0-9a-f]{32}:\S+", first.value)
    retry(browser, opened())
    assert browser.cookies[caller.COOKIE].value == first.value
    forged = Client()
    forged.cookies[caller.COOKIE] = "0" * 32 + first.value[32:]
    retry(forged, opened())
    assert forged.cookies[caller.COOKIE].value not in (first.value, "0" * 32 + first.value[32:])


def test_without_the_cookie_each_browser_is_a_newcomer(
    configure: Callable[..., None], browser: Client, opened: Callable[..., Payment]
) -> None:
    configure(LIMITS="newcomers=2/10m, device=1/10m", DEVICE_COOKIE_DAYS=0)
    assert [retry(browser, opened()).status_code for _ in range(3)] == [303, 303, 429]
    assert caller.COOKIE not in browser.cookies


ADDRESSES = {
    "203.0.113.9": "203.0.113.9",
    "::ffff:203.0.113.9": "203.0.113.9",
    "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
    "2001:db8:1:2::": "2001:db8:1:2::/64",
    "fe80::1%eth0": "fe80::/64",
    "": "unknown",
    "nonsense": "unknown",
    "203.0.113.9, 1.1.1.1": "unknown",
}


@pytest.mark.parametrize(("address", "network"), ADDRESSES.items())
def test_a_household_is_one_address(address: str, network: str) -> None:
    assert caller.network(address) == network


def test_a_forged_forwarding_header_makes_no_new_address(
    configure: Callable[..., None], opened: Callable[..., Payment]
) -> None:
    configure(LIMITS="address=1/10m")
    answers = [retry(Client(), opened(), headers={"X-Forwarded-For": f"198.51.100.{n}"}).status_code for n in range(2)]
    assert answers == [303, 429]


def test_behind_a_trusted_proxy_the_shoppers_own_address_counts(
    configure: Callable[..., None], opened: Callable[..., Payment]
) -> None:
    configure(LIMITS="address=1/10m", TRUSTED_PROXIES=1)
    answers = [retry(Client(), opened(), headers={"X-Forwarded-For": f"198.51.100.{n}"}).status_code for n in range(2)]
    assert answers == [303, 303]


def test_the_shops_own_view_is_counted_once_for_each_press(
    configure: Callable[..., None], browser: Client, make_order: Callable[..., Order]
) -> None:
    configure(LIMITS="customer=2/10m")
    order = make_order()
    address = f"{order.get_absolute_url()}pay/"
    answers = [browser.post(address, {"way": "default.hosted"}).status_code for _ in range(3)]
    assert answers == [303, 303, 429]
    assert AttemptCount.objects.get(kind="customer").count == 2


def test_who_is_refused_by_one_limit_is_not_counted_by_the_others(
    configure: Callable[..., None], opened: Callable[..., Payment]
) -> None:
    configure(LIMITS="customer=1/10m, address=3/10m, newcomers=off")
    greedy, modest = opened(), opened()
    assert [retry(Client(), greedy).status_code for _ in range(9)] == [303] + [429] * 8
    assert [retry(Client(), payment).status_code for payment in (modest, opened(), opened())] == [303, 303, 429]
    assert AttemptCount.objects.get(kind="customer", refused=8).count == 1


def test_customer_ids_that_nobody_owns_are_not_counted(
    configure: Callable[..., None], make_order: Callable[..., Order]
) -> None:
    """A shop that calls all its guests "guest" must not lock them out of each other's way."""
    configure(LIMITS="customer=1/10m")
    guest = public.Customer("guest")
    payments = [public.open_payment(make_order(), customer=guest) for _ in range(3)]
    assert [retry(Client(), payment).status_code for payment in payments] == [303] * 3


def test_visits_of_one_pay_address_are_limited_too_since_each_asks_the_gateway(
    configure: Callable[..., None], browser: Client, opened: Callable[..., Payment], gateway: Paytm
) -> None:
    configure(LIMITS="payment=2/10m")
    address = f"/paytm/pay/{opened().token}/"
    assert [browser.get(address).status_code for _ in range(4)] == [200, 200, 429, 429]
    assert gateway.asked("/theia/api/v1/initiateTransaction") == 2


@pytest.mark.databases
def test_who_has_paid_always_comes_back_whatever_was_counted(
    configure: Callable[..., None], browser: Client, payment: Payment, paytm: Paytm
) -> None:
    configure(LIMITS="customer=1/1h, device=1/1h, newcomers=1/1h, address=1/1h, payment=1/1h, invalid=1/1h")
    for _ in range(3):
        retry(browser, payment)
    assert retry(browser, payment).status_code == 429
    paytm.will_say(payment=payment)
    assert post_callback(browser, callback_fields(payment), **HOME).status_code == 303
    assert post_webhook(Client(), callback_fields(payment), **HOME).status_code == 200
    payment.refresh_from_db()
    assert payment.status == "paid"
    assert "Payment received" in text_of(browser.get(payment.get_result_url()))
    response = browser.get(f"/paytm/pay/{payment.token}/", **HOME)
    assert (response.status_code, response["Location"]) == (302, payment.get_result_url())


def test_a_family_behind_one_address_never_meets_the_defaults(opened: Callable[..., Payment]) -> None:
    """Six people, each with a browser of their own, each trying eight times."""
    for _ in range(6):
        person, payment = Client(), opened()
        assert {retry(person, payment).status_code for _ in range(8)} == {303}


def test_off_is_off(configure: Callable[..., None], browser: Client, opened: Callable[..., Payment]) -> None:
    configure(LIMITS="off")
    payment = opened()
    assert {retry(browser, payment).status_code for _ in range(40)} == {303}
    assert AttemptCount.objects.count() == 0


def test_settings_that_cannot_be_read_let_people_pay_and_stand_in_the_log(
    configure: Callable[..., None], browser: Client, opened: Callable[..., Payment], caplog: pytest.LogCaptureFixture
) -> None:
    configure(DEVICE_COOKIE_DAYS="lots")
    assert retry(browser, opened()).status_code == 303
    assert "attempts.not_counted" in caplog.text


def test_no_address_and_no_customer_stands_in_the_table(browser: Client, opened: Callable[..., Payment]) -> None:
    payment = opened()
    retry(browser, payment)
    rows = AttemptCount.objects.values()
    assert len(rows) == 3
    assert "203.0.113" not in str(rows)
    assert payment.customer_id not in str(rows)
    assert all(re.fullmatch(r"[0-9a-f]{64}", row["key"]) for row in rows)


def test_counting_takes_few_queries(
    browser: Client, opened: Callable[..., Payment], django_assert_max_num_queries: Any
) -> None:
    retry(browser, opened())
    payment = opened()
    who = {kind: caller.key(kind, payment.token) for kind in ("customer", "device", "newcomers", "address")}
    with django_assert_max_num_queries(13):  # new: found none, made, found; a savepoint's two and four counts
        limits.take(who)
    with django_assert_max_num_queries(10):
        limits.take(who)


@pytest.mark.databases
@pytest.mark.parametrize("fresh", [True, False], ids=["rows to be made", "rows there"])
def test_two_processes_at_the_limit_agree(configure: Callable[..., None], transactional_db: None, fresh: bool) -> None:
    """Sixteen attempts at once, room for five: exactly five go on, whatever the database."""
    configure(LIMITS="customer=5/10m, address=100/10m")
    subjects = {"customer": "c" * 64, "address": "a" * 64}
    if not fresh:
        with time_machine.travel(timezone.now() - timedelta(hours=1)):
            limits.take(subjects)

    def attempt() -> bool:
        try:
            limits.take(subjects)
        except limits.TooMany:
            return False
        return True

    taken = together(*[attempt] * 16)
    assert sum(map(bool, taken)) == 5
    counts = dict(AttemptCount.objects.values_list("kind", "count"))
    assert counts == {"customer": 5, "address": 5}


@pytest.mark.databases
def test_different_people_never_wait_for_each_other(configure: Callable[..., None], transactional_db: None) -> None:
    """Each with a customer of their own, all at one address: none is lost to a deadlock."""
    configure(LIMITS="customer=5/10m, device=5/10m, address=100/10m")

    def attempt(number: int) -> None:
        for turn in range(4):
            limits.take({"customer": f"c{number + turn}", "device": f"d{number - turn}", "address": "a"})

    together(*[lambda number=number: attempt(number) for number in range(6)])
    assert AttemptCount.objects.get(kind="address").count == 24


@pytest.mark.databases
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite's own timeout bounds the waiting")
def test_who_cannot_be_counted_in_time_goes_on(
    browser: Client, opened: Callable[..., Payment], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("paytm_kit.ledger.waiting.LONGEST_WAIT", 0.05 if connection.vendor == "postgresql" else 1)
    payment = opened()
    retry(browser, payment)
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            list(AttemptCount.objects.select_for_update())
            held.set()
            free.wait(timeout=20)

    def press() -> int:
        held.wait(timeout=10)
        try:
            return retry(browser, payment).status_code
        finally:
            free.set()

    assert together(hold, press)[1] == 303
    assert "attempts.busy" in caplog.text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (89, "89 seconds"), (90, "2 minutes"), (600, "10 minutes"), (5400, "2 hours"), (7201, "3 hours")],
)
def test_the_time_is_told_in_words_and_never_too_short(seconds: int, words: str) -> None:
    assert hurdles.in_words(seconds) == words
