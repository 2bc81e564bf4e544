"""docs/outgoing.md tells the truth: its example has the fields that are sent, its receiver proves what we sign."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import RequestFactory

from paytm_kit import refunds
from paytm_kit.models import Payment
from tests.docs.page import blocks
from tests.docs.project import DOCS
from tests.outgoing.conftest import OLD_SECRET, SECRET
from tests.outgoing.server import Receiver, Taken
from tests.paytm import Paytm

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = blocks(DOCS / "outgoing.md")


def shape(value: Any) -> Any:
    return {name: shape(each) for name, each in value.items()} if isinstance(value, dict) else None


def test_the_example_has_the_fields_that_are_sent(erp: Receiver, paid: Payment, paytm: Paytm) -> None:
    [example] = [json.loads(block.text) for block in PAGE if block.language == "json"]
    paytm.wire.add_passthru(erp.url)
    paytm.will_refund()
    refunds.request(paid, "99.00", reason="x")
    sent = json.loads(erp.taken[-1].body)
    assert shape(sent) == shape(example)
    assert sent["id"][:4] == example["id"][:4] == "evt_"
    assert len(sent["id"]) == len(example["id"])


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Callable[[Taken], tuple[int, list[str]]]:
    """The documented view: its answer, and what it remembered."""
    [source] = [block.text for block in PAGE if "def payments_hook" in block.text]
    remembered: list[str] = []
    view: dict[str, Any] = {"remember_once": lambda identity, text: remembered.append(identity)}
    exec(source, view)
    monkeypatch.setenv("PAYMENTS_HOOK_SECRET", SECRET)

    def call(taken: Taken) -> tuple[int, list[str]]:
        headers = {name: value for name, value in taken.headers.items() if name.startswith("webhook-")}
        request = RequestFactory().post("/", taken.body, content_type="application/json", headers=headers)
        return view["payments_hook"](request).status_code, remembered

    return call


def test_the_documented_receiver_takes_what_we_send_and_refuses_what_is_forged(
    erp: Receiver, payment: Payment, hook: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.outgoing.test_sending import pay

    pay(payment)
    [taken] = erp.taken
    assert hook(taken) == (204, erp.ids)
    forged = Taken(taken.path, taken.headers, taken.body.replace(b"499.00", b"999.00"))
    assert hook(forged) == (400, erp.ids)
    monkeypatch.setenv("PAYMENTS_HOOK_SECRET", OLD_SECRET)
    assert hook(taken) == (400, erp.ids)
