"""A shop that listens over HTTP, the simulator beside it, and a shopper who reads the walkthrough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bs4 import Tag
from pytest_django.live_server_helper import LiveServer

from demo_site.shop.models import Order
from demo_site.shop.seed import seed
from paytm_kit.models import Payment
from paytm_kit.testing.simulator import Simulator
from tests.demo.conftest import Shopper


class Newcomer(Shopper):
    """A shopper who wants to know how it works."""

    def goes_to_pay(self, order: Order | None = None, flow: str = "hosted") -> Payment:
        """As far as the gateway's page."""
        order = order or self.buy()
        self.open(order.get_absolute_url())
        self.send(f"/orders/{order.token}/pay/", way=f"default.{flow}")
        return Payment.objects.latest("pk")

    def reads(self, payment: Payment) -> None:
        self.open(f"/walkthrough/{payment.token}/")

    def presses(self, payment: Payment, attempt: str) -> None:
        self.reads(payment)
        self.send(f"/walkthrough/{payment.token}/try/{attempt}/")

    def step(self, slug: str) -> Tag:
        found = self.page.select_one(f"#step-{slug}")
        assert found is not None
        return found

    def reached(self) -> list[str]:
        return [str(step["id"]).removeprefix("step-") for step in self.page.select(".wt-step--done")]

    def tried(self) -> str:
        """What the newest trial tells."""
        trial = self.page.select_one(".wt-trial")
        assert trial is not None
        return " ".join(trial.get_text(" ").split())


@pytest.fixture
def simulator(
    paytm_simulator: Simulator, transactional_db: None, live_server: LiveServer, settings: Any
) -> Iterator[Simulator]:
    """The shop is tied to it as ``make demo`` does: callbacks and webhooks come over HTTP."""
    settings.PAYTM_KIT = paytm_simulator.settings(live_server.url)
    paytm_simulator.configure(webhook_url=f"{live_server.url}/paytm/webhook/", settle_after=20)
    seed()
    yield paytm_simulator
    paytm_simulator.webhooks()  # waits until none is on its way


@pytest.fixture
def newcomer(simulator: Simulator) -> Newcomer:
    return Newcomer()


@pytest.fixture
def buys(newcomer: Newcomer, simulator: Simulator) -> Callable[..., Payment]:
    """Orders and pays; callback and webhook have come when it returns."""

    def buy(flow: str = "hosted", **how: Any) -> Payment:
        payment = newcomer.goes_to_pay(flow=flow)
        if flow == "legacy":
            submit_form(newcomer, simulator)
        simulator.pay(payment.gateway_order_id, deliver=["callback", "webhook"], **how)
        simulator.webhooks()
        payment.refresh_from_db()
        return payment

    return buy


def submit_form(newcomer: Newcomer, simulator: Simulator) -> None:
    """What a browser does with the form on the page: it carries it to the gateway."""
    import requests

    form = newcomer.page.select_one("main form")
    assert form is not None
    fields = {str(field["name"]): str(field["value"]) for field in form.select("input[name]")}
    assert requests.post(str(form["action"]), data=fields, timeout=10).ok
