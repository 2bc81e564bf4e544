"""The process dies once at every seam: after a restart and one reconcile both books agree and nobody was told twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest

from demo_site.shop.models import Order
from paytm_kit.models import Announcement, Payment, WireMessage
from paytm_kit.testing.simulator import Simulator
from tests.machine import books, crashes
from tests.machine.world import World, heard, opened

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]
pytestmark = pytest.mark.django_db(transaction=True)

# Seams that only a message from outside passes.
INBOUND = {name for name, seam in crashes.MESSAGE.items() if seam.name.endswith(("record_inbound", "judge", "close"))}


@pytest.fixture
def world(paytm_simulator: Simulator) -> Iterator[World]:
    with opened(paytm_simulator) as make:
        yield make()


@contextmanager
def dying(world: World, where: str) -> Iterator[None]:
    """The block's verb meets the death, and everything holds right after it; what fails names the seam."""
    world.process.dies(where)
    try:
        yield
        assert world.process.has_died, "nobody came by"
        books.check(world, books.Memory())
    except AssertionError as error:
        error.add_note(f"died {where}")
        raise


def restarted(world: World) -> None:
    """A quarter of an hour later reconcile runs once, as cron does."""
    world.calm()
    world.advance(16 * 60)
    assert world.reconcile()
    books.check(world, books.Memory())
    books.check_agreement(world)


def sold(world: World) -> Payment:
    """Paid at Paytm by card; the kit has not heard of it."""
    world.check_out(world.order("499.00"))
    payment = Payment.objects.latest("pk")
    world.shopper_pays(payment, "success", method="card")
    return payment


def effects(payment: Payment) -> dict[str, int]:
    """How often the merchant's receiver wrote about each announcement of the payment."""
    remarks = Order.objects.get(pk=payment.object_id).staff_remark
    told = Announcement.objects.filter(event__payment=payment)
    return {row.signal: remarks.count(heard(row.event_id)) for row in told}


def assert_paid_and_told_once(stories: dict[str, Payment]) -> None:
    for where, payment in stories.items():
        payment.refresh_from_db()
        assert (where, payment.status, effects(payment)) == (where, "paid", {"payment_succeeded": 1})
        assert Order.objects.get(pk=payment.object_id).paid_at is not None


def test_a_message_that_the_process_dies_over_is_never_lost(world: World) -> None:
    stories = {}
    for where in crashes.MESSAGE:
        stories[where] = sold(world)
        before = WireMessage.objects.filter(direction="in").count()
        with dying(world, where):
            assert world.post(world.callbacks[-1]) == 0
        stored = WireMessage.objects.filter(direction="in").count() - before
        assert (where, stored) == (where, 0 if where == "before store" else 1)
    restarted(world)
    assert_paid_and_told_once(stories)


def test_a_reconcile_that_dies_is_made_up_for_by_the_next(world: World) -> None:
    stories = {}
    for where in [name for name in crashes.MESSAGE if name not in INBOUND]:
        stories[where] = sold(world)
        with dying(world, where):
            world.reconcile("--all")
    restarted(world)
    assert_paid_and_told_once(stories)


def test_a_checkout_that_dies_leaves_one_payment_that_can_be_paid(world: World) -> None:
    for where in crashes.CHECKOUT:
        order = world.order("499.00")
        with dying(world, where):
            world.check_out(order)
        world.check_out(order)
        [payment] = Order.objects.get(pk=order).payments
        assert (where, payment.status) == (where, "processing")
        world.shopper_pays(payment, "success")
    restarted(world)
    assert Payment.objects.filter(status="paid").count() == len(crashes.CHECKOUT)


def test_a_refund_that_dies_on_its_way_is_made_once(world: World) -> None:
    stories = {}
    for where in crashes.REFUND:
        payment = stories[where] = sold(world)
        world.post(world.callbacks[-1])
        with dying(world, where):
            written = world.refund(payment, "100.00")
        assert written or world.refund(payment, "100.00"), "nothing stands in the way of a second try"
    restarted(world)
    world.advance(3 * 3600)
    assert world.reconcile()
    for where, payment in stories.items():
        payment.refresh_from_db()
        [theirs] = world.simulator.order(payment.gateway_order_id)["refunds"]
        assert (where, theirs["status"], payment.refunded_amount) == (where, "success", Decimal("100.00"))
        assert payment.refunds.get().refund_id == theirs["ref_id"]
        told = effects(payment)
        assert told.pop("refund_started", 1) == 1  # nobody hears it who would hear it too late
        assert told == {"payment_succeeded": 1, "refund_succeeded": 1}
