"""What must hold between the kit's books, the simulator's books and what the merchant's code did, at every moment."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from demo_site.shop.models import Order
from paytm_kit.models import Announcement, Dispute, Flag, Payment, PaymentEvent, Refund, WireMessage
from paytm_kit.services import rebuild, settlements
from tests.machine.world import World, heard

Kind = PaymentEvent.Kind
ALWAYS_ANNOUNCED = (Kind.FLAGGED, Kind.REFUND_SUCCEEDED, Kind.REFUND_FAILED)
NOTHING = Decimal("0.00")


class Memory:
    """What was seen before, so that what vanishes or changes is noticed, and what did not change is looked at once."""

    def __init__(self) -> None:
        self.events: dict[int, tuple[Any, ...]] = {}
        self.paid: set[int] = set()
        self._rows: dict[int, Any] = {}

    def is_new(self, payment: Payment) -> bool:
        rows = [payment, *payment.refunds.all(), *payment.disputes.all(), *payment.events.all()]
        values = [[getattr(row, field.attname) for field in row._meta.concrete_fields] for row in rows]
        return self._rows.get(payment.pk) != values and not self._rows.update({payment.pk: values})


def check(world: World, memory: Memory) -> None:
    """After each step, whatever it was and wherever the process died in it.

    What the simulator says was captured or refunded it never takes back: a payment that stands as it stood still holds.
    """
    payments = list(Payment.objects.prefetch_related("events", "refunds", "disputes"))
    changed = [payment for payment in payments if memory.is_new(payment)]
    theirs = {order["order_id"]: order for order in world.simulator.orders()} if changed else {}
    for payment in changed:
        _never_more_than_they_say(payment, theirs.get(payment.gateway_order_id))
        if payment.is_paid and payment.pk not in memory.paid:
            _asked_before_paid(world, payment)
        _each_fact_once(payment)
        _refundable(payment)
        assert [str(drift) for found in rebuild.run(order_id=payment.gateway_order_id) for drift in found] == []
    _nothing_is_unpaid(payments, memory)
    _events_stay(memory)
    _effects_once()
    _stored_before_processed(world)


def check_agreement(world: World) -> None:
    """Once everything that was open has been asked about: both books say the same, to the paisa."""
    theirs = {order["order_id"]: order for order in world.simulator.orders()}
    for payment in Payment.objects.prefetch_related("refunds"):
        books = theirs.get(payment.gateway_order_id)
        captured = Decimal(books["captured_amount"]) if books else NOTHING
        assert payment.is_paid == (captured == payment.amount), f"{payment}: their books say {captured} captured"
        assert payment.captured_amount == (captured if payment.is_paid else NOTHING)
        _refunds_agree(payment, books["refunds"] if books else [])


def check_end(world: World) -> None:
    """Nothing is open, nothing waits, the merchant's orders know what was paid."""
    check_agreement(world)
    assert not Refund.objects.filter(status__in=Refund.OPEN).exists()
    assert not Announcement.objects.exclude(state=Announcement.State.DELIVERED).exists()
    for order in Order.objects.all():
        assert (order.paid_at is not None) == order.is_paid, f"order {order.pk}: the shop has not heard the truth"
    theirs = {order["order_id"]: Decimal(order["refunded_amount"]) for order in world.simulator.orders()}
    for payment in Payment.objects.all():  # one that is started may never have come to them: the process died
        assert payment.refunded_amount == theirs.get(payment.gateway_order_id, NOTHING)
    known = Dispute.objects.values_list("dispute_id", "status", "amount")
    assert set(known) == {(key, said["status"], Decimal(said["amount"])) for key, said in world.disputes.items()}


def check_payouts(world: World) -> None:
    """Each payout is borne out to the paisa, however often it was read; what fits none is a person's."""
    for day, net in world.payouts().items():
        report = settlements.Report()
        lines = list(settlements.fetch(report, day))
        odd = [line for line in lines if not line.is_fine]
        assert [(str(line), line.reason) for line in odd if line.payment is None or line.payment.is_paid] == []
        assert report.amounts["net"] == net
    assert [str(drift) for found in rebuild.run() for drift in found] == []


def _never_more_than_they_say(payment: Payment, books: dict[str, Any] | None) -> None:
    captured = Decimal(books["captured_amount"]) if books else NOTHING
    refunded = Decimal(books["refunded_amount"]) if books else NOTHING
    if payment.is_paid:
        assert captured == payment.amount == payment.captured_amount, f"{payment}: their books say {captured} captured"
    assert payment.captured_amount in (NOTHING, captured)
    assert payment.refunded_amount <= refunded, f"{payment}: their books say {refunded} refunded"
    assert Flag.OVER_REFUNDED not in payment.flag_list, "no more went back than was taken"


def _asked_before_paid(world: World, payment: Payment) -> None:
    """A message alone pays nothing: the simulator has heard our own question about this very order."""
    heard = world.simulator.messages(payment.gateway_order_id)
    assert any(message["url"].endswith("/v3/order/status") for message in heard), f"{payment}: nobody asked"


def _each_fact_once(payment: Payment) -> None:
    """No event is doubled, none is missing of what stands on the payment."""
    events = list(payment.events.all())
    repeatable = (Kind.FLAGGED, Kind.CLOSED, Kind.SETTLED, Kind.NOT_STARTED)
    facts = [event for event in events if not (event.refund_id or event.dispute_id) and event.kind not in repeatable]
    assert len(facts) == len({(fact.kind, fact.transaction_id) for fact in facts})
    kinds = [fact.kind for fact in facts]
    assert kinds[0] == Kind.OPENED
    assert (Kind.CAPTURED in kinds) == payment.is_paid
    assert (Kind.EXPIRED in kinds) >= (payment.status == Payment.Status.EXPIRED)
    for refund in payment.refunds.all():
        words = [event.kind for event in events if event.refund_id == refund.pk and event.kind != Kind.FLAGGED]
        assert words[0] == Kind.REFUND_REQUESTED
        assert len(words) == len(set(words))
    for dispute in payment.disputes.all():
        words = [event.kind for event in events if event.dispute_id == dispute.pk]
        assert words[0] == Kind.DISPUTE_OPENED
        assert words.count(Kind.DISPUTE_OPENED) == 1
    flagged = {event.flag for event in events if event.kind == Kind.FLAGGED}
    assert set(payment.flag_list) <= flagged


def _refundable(payment: Payment) -> None:
    """Never below zero; a refund made in the dashboard may meet one of ours that the gateway has yet to refuse."""
    taken = payment.captured_amount or sum(
        (event.amount for event in payment.events.all() if event.flag == Flag.AMOUNT_MISMATCH and event.amount), NOTHING
    )
    rows = list(payment.refunds.all())
    lost = sum((row.amount or taken for row in payment.disputes.all() if row.status == Dispute.Status.LOST), NOTHING)
    assert payment.refunded_amount + lost <= taken
    if not any(row.external for row in rows):
        assert sum((row.amount for row in rows if row.status != Refund.Status.FAILED), NOTHING) <= taken


def _nothing_is_unpaid(payments: list[Payment], memory: Memory) -> None:
    paid = {payment.pk for payment in payments if payment.is_paid}
    assert memory.paid <= paid, "paid never goes back"
    memory.paid = paid


def _events_stay(memory: Memory) -> None:
    now = {row[0]: row for row in PaymentEvent.objects.values_list()}
    assert memory.events.items() <= now.items(), "an event was lost or changed"
    memory.events = now


def _effects_once() -> None:
    """What the receivers wrote stands there once if the announcement is delivered, and not at all before."""
    remarks = "".join(Order.objects.values_list("staff_remark", flat=True))
    for row in Announcement.objects.select_related("event__payment", "event__refund"):
        refund = row.event.refund
        overtaken = (row.signal == "payment_failed" and row.event.payment.is_paid) or (
            row.signal == "refund_started" and refund is not None and refund.status != Refund.Status.PENDING
        )
        wanted = {0, 1} if overtaken else {int(row.state == Announcement.State.DELIVERED)}
        assert remarks.count(heard(row.event_id)) in wanted, f"{row}, {row.attempts} attempts"
    told = Announcement.objects.filter(event__kind__in=ALWAYS_ANNOUNCED).count()
    assert told == PaymentEvent.objects.filter(kind__in=ALWAYS_ANNOUNCED).count()


def _stored_before_processed(world: World) -> None:
    assert WireMessage.objects.filter(direction=WireMessage.Direction.IN).count() >= world.taken_in


def _refunds_agree(payment: Payment, theirs: list[dict[str, Any]]) -> None:
    """What they know stands here alike; what they do not know has not been made."""
    ours = {row.refund_id: row for row in payment.refunds.all()}
    fitting = {
        "success": (Refund.Status.SUCCEEDED,),
        "failure": (Refund.Status.FAILED,),
        "pending": Refund.OPEN,
    }
    for known in theirs:
        row = ours.pop(known["ref_id"], None)
        if row is not None:
            assert row.status in fitting[known["status"]], f"{row}: they say {known['status']}"
            assert row.amount == Decimal(known["amount"])
    assert [str(row) for row in ours.values() if row.status in (Refund.Status.PENDING, Refund.Status.SUCCEEDED)] == []
