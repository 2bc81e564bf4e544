"""``flask paytm …``, and what happens when a process has more than one Flask app, or an app is wrong."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from flask import Flask

from paytm_kit.contrib.flask import PaytmKit
from paytm_kit.contrib.flask.orders.models import FlaskOrder
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.models import Payment
from paytm_kit.signals import payment_succeeded
from paytm_kit.testing import callbacks, factories
from paytm_kit.testing.fake import FakePaytm
from tests.flask.place import OURS, make_app, paytm, shop

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(app: Flask) -> Run:
    """A command line after ``flask``: its exit status and what it printed."""

    def flask(*words: str, app: Flask = app) -> tuple[int, str]:
        done = app.test_cli_runner().invoke(args=words)
        return done.exit_code, done.output

    return flask


# ---- commands ------------------------------------------------------------------------------------------------------


def test_management_commands_run_with_their_own_options(run: Run) -> None:
    status, said = run("paytm", "paytm_doctor", "--offline")
    assert "ok  every setting is present and spelt right" in said
    assert "callback https://shop.example/paytm/callback/" in said
    assert status == 0, said


def test_its_help_and_its_mistakes_are_those_of_manage_py(run: Run) -> None:
    assert "[paytm_kit]" in run("paytm", "help")[1]
    assert "usage: flask paytm paytm_doctor" in run("paytm", "paytm_doctor", "--help")[1]
    status, said = run("paytm", "paytm_docter")
    assert (status, "Unknown command: 'paytm_docter'. Did you mean paytm_doctor?" in said) == (1, True)
    assert run("paytm", "check")[0] == 0


def test_addresses_on_the_command_line_are_those_of_the_mounted_app(run: Run) -> None:
    kiosk = make_app("kiosk", APPLICATION_ROOT="/kiosk")
    paytm.init_app(kiosk)
    assert "callback https://shop.example/kiosk/paytm/callback/" in run(
        "paytm", "paytm_doctor", "--offline", app=kiosk
    )[1]  # fmt: skip


def test_who_bought_is_forgotten_with_the_payment(run: Run, gateway: FakePaytm) -> None:
    def bought(key: str, *, age: timedelta, paid: bool = True) -> FlaskOrder:
        order = paytm.order(key, amount="1.00", email="asha@example.com", mobile="9000000001", customer_id="c_1")
        FlaskOrder.objects.filter(pk=order.pk).update(created_at=timezone.now() - age)
        if paid:
            factories.payment(order, "paid", ago=age)
        return order

    long_ago = timedelta(days=400)
    old, new = bought("old", age=long_ago), bought("new", age=timedelta(days=1))
    never, open_ = bought("never paid", age=long_ago, paid=False), bought("open", age=long_ago, paid=False)
    factories.payment(open_, "processing", ago=timedelta(days=1))
    assert "orders' personal data before" in run("paytm", "paytm_purge")[1]
    left = {order.key: (order.email, order.mobile, order.customer_id) for order in FlaskOrder.objects.all()}
    assert left["old"] == left["never paid"] == ("", "", "")
    assert left["new"] == left["open"] == ("asha@example.com", "9000000001", "c_1")
    assert paytm.find_order("old").is_paid
    assert Payment.objects.for_order(old).get().customer_id == ""
    assert (new.is_paid, never.is_paid) == (True, False)


# ---- more than one app ---------------------------------------------------------------------------------------------


def test_an_app_that_is_made_again_shares_the_ledger_and_its_functions_are_told_once(
    order: FlaskOrder, sent: Callable[[FlaskOrder], Payment], gateway: FakePaytm, heard: list[tuple[str, str, str]]
) -> None:
    again = make_app("shop again")
    PaytmKit(again)

    def made() -> Callable[..., None]:
        """As ``create_app`` would: another function of the same name each time."""
        number = next(count)

        @paytm.on("payment_succeeded")
        def told(order: Any, **_: Any) -> None:
            shop.heard.append((f"number {number}", order.key, ""))

        return told

    count = itertools.count(1)
    named = [made(), made()][1]
    payment = sent(order)
    gateway.say(payment, "success")
    callbacks.callback(payment).post(again.test_client())
    payment_succeeded.disconnect(dispatch_uid=f"{named.__module__}.{named.__qualname__}")
    assert sorted(heard) == [("number 2", order.key, ""), ("payment_succeeded", order.key, "shop again")]
    refused = again.test_client().post(f"/orders/{order.key}/pay", headers=OURS)
    assert (refused.status_code, refused.text) == (409, "This order has already been paid.")


def test_outside_of_any_app_the_one_that_was_made_last_is_at_work(
    order: FlaskOrder, gateway: FakePaytm, heard: list[tuple[str, str, str]]
) -> None:
    kept = make_app("the last")
    PaytmKit(kept)
    factories.payment(order, "paid")
    assert heard == [("payment_succeeded", order.key, "the last")]


def test_an_app_with_other_settings_is_refused_without_their_values() -> None:
    with pytest.raises(ConfigurationError) as refused:
        PaytmKit(make_app(SECRET_KEY="another", PAYTM_KIT_BASE_URL="https://other.example"))
    assert str(refused.value) == (
        "Another Flask app of this process has configured Django with other settings (ALLOWED_HOSTS, "
        "CSRF_TRUSTED_ORIGINS, PAYTM_KIT, SECRET_KEY). A process has one ledger: give both apps the same settings, or "
        "run each in a process of its own."
    )


def test_one_app_has_one_kit(app: Flask) -> None:
    assert app.extensions["paytm_kit"] is paytm
    assert not any(value is app for value in vars(paytm).values())
    with pytest.raises(ConfigurationError) as refused:
        PaytmKit(app)
    assert str(refused.value) == "PaytmKit is in this app already: make one, once."
