"""A shop with one other system, "erp", that is told of everything; nothing is sent inside a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from paytm_kit.outgoing import deliveries, wire
from paytm_kit.outgoing.models import Delivery
from paytm_kit.services import reconcile
from tests.outgoing.server import Receiver

SECRET = "whsec_" + "c2hvcC1zZWNyZXQtY2FuYXJ5LW9mLTMyLWJ5dGVzIQ=="
OLD_SECRET = "whsec_" + "b2xkLXNlY3JldC1jYW5hcnktb2YtMzItYnl0ZXMhIQ=="

Configure = Callable[..., None]
Rows = Callable[..., list[Any]]


@pytest.fixture(autouse=True)
def _no_webhook_in_a_transaction(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    inside: list[str] = []
    send = wire._send

    def watched(endpoint: Any, *rest: Any) -> Any:
        if any(not getattr(block, "_from_testcase", False) for block in connections["default"].atomic_blocks):
            inside.append(endpoint.name)
        return send(endpoint, *rest)

    monkeypatch.setattr(wire, "_send", watched)
    monkeypatch.setattr(deliveries, "_rest_until", {})
    monkeypatch.setattr(deliveries, "LATER", 0)
    yield
    assert inside == [], "sent a webhook inside a transaction"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.stop()


@pytest.fixture
def configure(settings: Any) -> Configure:
    """``configure(erp={…}, OUTGOING_AT_ONCE=False)``: endpoints in small letters, settings in capitals."""
    before = settings.PAYTM_KIT

    def change(**given: Any) -> None:
        endpoints = {name: values for name, values in given.items() if name.islower()}
        others = {name: value for name, value in given.items() if name.isupper()}
        settings.PAYTM_KIT = {**before, "OUTGOING_TIMEOUT": 5, **others, "OUTGOING_WEBHOOKS": endpoints}

    return change


@pytest.fixture
def endpoint(receiver: Receiver) -> Callable[..., dict[str, Any]]:
    """What is set about a system that listens at ``receiver``, changed as said."""

    def make(**changes: Any) -> dict[str, Any]:
        return {"URL": receiver.url, "SECRET": SECRET, "ALLOW_PRIVATE": True, **changes}

    return make


@pytest.fixture
def erp(receiver: Receiver, configure: Configure, endpoint: Callable[..., dict[str, Any]]) -> Receiver:
    """One system, told at once."""
    configure(erp=endpoint())
    return receiver


@pytest.fixture
def rows() -> Rows:
    """``rows("endpoint", "state")``: these columns of every delivery, oldest first."""

    def read(*columns: str) -> list[Any]:
        return list(Delivery.objects.order_by("pk").values_list(*columns, flat=len(columns) == 1))

    return read


def reconciled(later: timedelta = timedelta()) -> reconcile.Report:
    """One run of paytm_reconcile for webhooks, so much later."""
    report = reconcile.Report()
    deliveries._rest_until.clear()  # as another process
    with time_machine.travel(timezone.now() + later, tick=True):
        list(reconcile.run(report, reconcile.plan(jobs=("webhooks",))))
    return report
