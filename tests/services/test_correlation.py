"""One id ties what a request caused together: its messages, its events and what the merchant's receivers log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from paytm_kit import logs, signals
from paytm_kit.models import Announcement, Payment
from paytm_kit.services import announce, confirm
from tests.paytm import Paytm, callback_fields, post_callback


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """The correlation ids that a receiver of ``payment_succeeded`` saw."""
    ids: list[str] = []

    def receiver(**kwargs: object) -> None:
        ids.append(logs.correlation_id())

    signals.payment_succeeded.connect(receiver, weak=False, dispatch_uid="test")
    yield ids
    signals.payment_succeeded.disconnect(dispatch_uid="test")


def test_a_callback_its_question_its_event_and_its_receiver_have_one_id(
    payment: Payment, paytm: Paytm, client: Client, heard: list[str]
) -> None:
    paytm.will_say(payment=payment)
    post_callback(client, callback_fields(payment))
    came, asked = payment.wire_messages.order_by("pk")
    captured = payment.events.get(kind="captured")
    assert {came.correlation_id, asked.correlation_id, captured.correlation_id, *heard} == {came.correlation_id}
    assert len(heard) == 1


def test_an_announcement_that_is_delivered_later_keeps_the_id_of_what_caused_it(
    payment: Payment, paytm: Paytm, heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announce, "after_commit", lambda ids: None)  # the process died before it could
    paytm.will_say(payment=payment)
    logs.correlate()
    confirm.ask(payment, source="test")
    began = payment.events.get(kind="captured").correlation_id
    later = logs.correlate()
    for row in Announcement.objects.filter(signal="payment_succeeded"):
        announce.deliver(row.pk)
    assert heard == [began]
    assert began != later == logs.correlation_id()
