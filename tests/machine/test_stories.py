"""Stories that a few random ones would hardly hit, told with the machine's own steps: the books hold after each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from paytm_kit.testing.simulator import Simulator
from tests.machine import crashes
from tests.machine.test_machine import DAY, HOUR, LIES, MINUTE, Payments
from tests.machine.world import opened

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]
pytestmark = pytest.mark.django_db(transaction=True)

CALLBACK, WEBHOOK = "/paytm/callback/", "/paytm/webhook/"


class Told:
    """The machine, each step followed by its invariant."""

    def __init__(self, machine: Payments) -> None:
        self.world, self._machine = machine.world, machine

    def __getattr__(self, name: str) -> Callable[..., None]:
        step = getattr(self._machine, name)

        def taken(*how: Any) -> None:
            step(*how)
            self._machine.the_books_hold()

        return taken

    def status(self, number: int) -> str:
        return self._machine.payment(number).status


@pytest.fixture
def story(paytm_simulator: Simulator) -> Iterator[Told]:
    """One payment of ₹499.00 by card that the shop knows of. Every story ends well, as the machine's do."""
    with opened(paytm_simulator) as make_world:
        Payments.make_world = staticmethod(make_world)
        machine = Payments()
        machine.a_first_payment("success", None, True)
        yield Told(machine)
        machine.teardown()


def test_signed_lies_about_a_payment_that_nobody_made(story: Told) -> None:
    story.a_new_order("499.00")
    for path in (CALLBACK, WEBHOOK):
        for lie in LIES:
            story.a_signed_message_lies(0, path, lie, 1)
    assert story.status(1) == "processing"
    story.the_shopper_pays(1, "success", "upi", None)
    for lie in LIES:
        story.a_signed_message_lies(0, WEBHOOK, lie, 1)
        story.a_signed_message_lies(0, CALLBACK, lie, 0)
    assert story.status(1) == "paid"


def test_messages_that_nobody_can_ask_about(story: Told) -> None:
    story.a_new_order("100.00")
    story.the_shopper_pays(1, "success", "card", None)
    for fault in ("status.error", "status.html", "status.stale", "connection.reset"):
        story.paytm_has_a_fault(fault, 20)
        story.a_callback_comes(0, 1)
        story.a_webhook_comes(0, 1)
    assert story.status(1) == "processing"
    story.one_reconcile_in_calm_weather_brings_agreement(MINUTE)
    assert story.status(1) == "paid"


def test_more_is_asked_back_than_there_is(story: Told) -> None:
    for amount in ("499.01", "0", "-1.00", "1.001", "300.00", "300.00", "199.01", "60.00", None, None, "1.00"):
        story.a_refund_is_requested(0, amount, 1)
    story.time_passes(3 * HOUR)
    story.a_webhook_comes(0, 2)
    story.a_refund_is_requested(0, "1.00", 2)


def test_the_process_dies_over_one_refund_after_another(story: Told) -> None:
    for where in crashes.REFUND:
        story.the_process_will_die(where)
        story.a_refund_is_requested(0, "10.00", 1)
    story.the_dashboard_refunds(0, "60.00", "success")
    for where in (
        "inside the transaction, a refund's event written",
        "inside the transaction, the refund's sums written",
    ):
        story.the_process_will_die(where)
        story.a_webhook_comes(0, 2)
    story.time_passes(16 * MINUTE)
    story.reconcile_runs(())


def test_a_chargeback_meets_refunds_and_is_lost_and_another_won(story: Told) -> None:
    story.a_refund_is_requested(0, "60.00", 1)
    story.a_chargeback_is_raised(0, "200.00")
    story.a_refund_is_requested(0, "1.00", 1)  # the shop has not heard of it: the bank refuses
    for where in crashes.DISPUTE:
        story.the_process_will_die(where)
        story.a_webhook_comes(0, 1)
    story.a_webhook_comes(0, 1)
    story.a_refund_is_requested(0, None, 1)
    story.the_bank_decides_a_chargeback(0, "lost")
    story.a_refund_is_requested(0, None, 1)
    story.a_webhook_comes(1, 1)  # the opening, once more
    story.a_webhook_comes(0, 1)
    story.a_refund_is_requested(0, "300.00", 1)
    story.a_refund_is_requested(0, "100.00", 1)
    story.a_chargeback_is_raised(0, "1.00")
    story.the_bank_decides_a_chargeback(1, "won")
    story.a_webhook_comes(0, 1)
    story.a_webhook_comes(1, 1)
    story.a_refund_is_requested(0, None, 2)


def test_payouts_are_read_early_twice_and_with_a_death_in_between(story: Told) -> None:
    story.a_new_order("100.00")
    story.the_shopper_pays(1, "success", "upi", None)  # the shop has not heard of it: the payout tells
    story.a_refund_is_requested(0, "60.00", 1)
    story.time_passes(4 * DAY)
    for where in crashes.SETTLEMENT:
        story.the_process_will_die(where)
        story.a_payout_is_read(0)
    story.a_payout_is_read(0)
    assert story.status(1) == "paid"
    story.a_chargeback_is_raised(0, "200.00")
    story.the_bank_decides_a_chargeback(0, "lost")
    story.time_passes(4 * DAY)
    story.a_payout_is_read(1)
    story.a_payout_is_read(0)
