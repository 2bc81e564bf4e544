"""A pytest plugin for a process in which Flask has configured Django: a shop, its ledger, a gateway that is played.

The suite's own process has Django configured by pytest-django, so the files ``apart_*.py`` run in one of their own
(``test_apart.py``).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask, Response, abort, current_app, g, request
from flask.testing import FlaskClient

from paytm_kit.contrib.flask import PaytmKit
from tests.flask import quick

if TYPE_CHECKING:
    from paytm_kit.contrib.flask.orders.models import FlaskOrder
    from paytm_kit.models import Payment
    from paytm_kit.testing.fake import FakePaytm

FOLDER = Path(os.environ["FLASK_TESTS"])
BASE_URL = "https://shop.example"
OURS = {"X-Form-Token": "ours"}  # what forms of the shop's carry; nobody else's do
CONFIG: dict[str, Any] = {
    "SECRET_KEY": "tests-only",
    "PAYTM_KIT_DATABASE_URL": os.environ.get("FLASK_TESTS_DATABASE_URL", f"sqlite:///{FOLDER}/ledger.sqlite3"),
    "PAYTM_KIT_BASE_URL": BASE_URL,
    "PAYTM_KIT_ENVIRONMENT": "staging",
    "PAYTM_KIT_MERCHANT_ID": "TESTMID0000000000001",
    "PAYTM_KIT_MERCHANT_KEY": "test#Key&1@paytm",
    "PAYTM_KIT_HOST": "https://gateway.example",
    "PAYTM_KIT_DJANGO": quick.QUICK,
    "PAYTM_KIT_LIMITS": "customer=3/10m,address=1000/1m,newcomers=1000/1m,device=1000/1m,payment=1000/1m",
}


@dataclass
class Shop:
    """What the shop's functions heard: name of the announcement, key of the order, the app at work."""

    heard: list[tuple[str, str, str]] = field(default_factory=list)
    breaks: bool = False  # the function that hears of a payment raises, after it has written


shop = Shop()
paytm = PaytmKit()


@paytm.on("payment_succeeded")
def paid(order: Any, **_: Any) -> None:
    from paytm_kit.contrib.flask.orders.models import FlaskOrder

    g.half_way = "the announcement's"
    FlaskOrder.objects.filter(pk=order.pk).update(label=f"{order.label}!")
    if shop.breaks:
        raise RuntimeError("the warehouse does not answer")
    shop.heard.append(("payment_succeeded", order.key, current_app.name))


@paytm.on("refund_succeeded")
def refunded(order: Any, **_: Any) -> None:
    shop.heard.append(("refund_succeeded", order.key, current_app.name))


def make_app(name: str = "shop", **config: Any) -> Flask:
    app = Flask(name, root_path=str(FOLDER), instance_path=str(FOLDER))
    app.config.update(CONFIG, **config)

    @app.before_request
    def as_a_form_guard_does() -> None:
        """Flask-WTF's CSRFProtect refuses each POST without its token just so."""
        if request.method == "POST" and "X-Form-Token" not in request.headers:
            abort(400, "The CSRF token is missing.")

    @app.post("/orders/<key>/pay")
    def pay(key: str) -> Response | tuple[str, int]:
        try:
            payment = paytm.open_payment(paytm.order(key, amount=request.form.get("amount", "499.00")))
        except paytm.checkout.PaymentError as error:
            return error.user_message, 409
        return paytm.redirect(payment)

    @app.post("/orders/<key>/refund")
    def refund(key: str) -> str:
        g.half_way = "the view's"
        order = paytm.find_order(key) or abort(404)
        paytm.refunds.request(order.payments.get(), "100.00", reason="One leaf came broken", actor="desk")
        return str(g.half_way)

    return app


SHOP = make_app()
paytm.init_app(SHOP)  # before any test module imports a model


def _quick(connection: Any, **_: Any) -> None:
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA synchronous = OFF")


@pytest.fixture(scope="session")
def app() -> Flask:
    from django.core.management import call_command
    from django.db.backends.signals import connection_created

    connection_created.connect(_quick)
    call_command("migrate", run_syncdb=True, verbosity=0)
    return SHOP


@pytest.fixture(autouse=True)
def heard(app: Flask) -> Iterator[list[tuple[str, str, str]]]:
    """What was heard in this test."""
    shop.heard.clear()
    shop.breaks = False
    yield shop.heard
    from django.db import connections

    connections.close_all()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def gateway(app: Flask, paytm_gateway: FakePaytm) -> FakePaytm:
    return paytm_gateway


@pytest.fixture
def order(app: Flask) -> FlaskOrder:
    """₹499.00, of nobody else's key."""
    from paytm_kit.contrib.flask.orders.models import FlaskOrder

    return paytm.order(f"A-{FlaskOrder.objects.count()}", amount="499.00", email="asha@example.com")


@pytest.fixture
def sent(client: FlaskClient, gateway: FakePaytm) -> Callable[[FlaskOrder], Payment]:
    """The shopper of this order has pressed the pay button and stands on the gateway's page."""

    def send(order: FlaskOrder) -> Payment:
        answer = client.post(f"/orders/{order.key}/pay", data={"amount": order.amount}, headers=OURS)
        assert answer.status_code == 303, answer.text
        assert client.get(answer.location, base_url=BASE_URL).status_code == 200
        return order.payments.first()

    return send
