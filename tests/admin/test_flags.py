"""A flag that a person has seen to: no longer open, never forgotten, and never a way to a second payment."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from demo_site.shop.models import Order
from paytm_kit import refunds
from paytm_kit.checkout import AlreadyPaid, open_payment
from paytm_kit.gateways.base import Outcome, State
from paytm_kit.ledger import book
from paytm_kit.ledger.transitions import TRANSITIONS
from paytm_kit.models import AuditEntry, Flag, LedgerOnly, Payment, PaymentEvent
from paytm_kit.services import confirm, flags, rebuild
from paytm_kit.testing import factories
from tests.admin.desk import Person, page_of
from tests.paytm import MID, TXNID, Paytm

pytestmark = [pytest.mark.django_db(transaction=True)]
databases = pytest.mark.databases

RESOLVED = PaymentEvent.Kind.FLAG_RESOLVED


def flagged(payment: Payment, *words: Flag, message: str = "") -> Payment:
    for word in words:
        payment = book.flag(payment.pk, word, source="test", message=message).payment
    return payment


def drift() -> list[str]:
    return [str(found) for each in rebuild.run() for found in each]


@databases
def test_a_persons_word_takes_it_from_the_open_ones_and_stays_in_the_story(paid: Payment) -> None:
    flagged(paid, Flag.LATE_SUCCESS, Flag.DUPLICATE)
    finance = Person("Paytm finance")
    page = finance.open(page_of(paid))
    links = [link["href"] for link in page.find_all("a", string="Resolve it…")]
    assert links == [page_of(paid, "resolve/late_success"), page_of(paid, "resolve/duplicate")]
    finance.open(links[1])
    assert "No money moves, and the order does not become payable" in finance.text()
    assert "refund the surplus" in finance.text()
    paid.refresh_from_db()
    assert paid.flag_list == ["late_success", "duplicate"]  # a question changes nothing
    said = finance.send(links[1], reason="Refunded by hand")
    assert "The flag is resolved. It stays in the story" in said
    paid.refresh_from_db()
    assert paid.flags == "late_success"
    event = paid.events.get(kind=RESOLVED)
    assert (event.flag, event.message, event.source, event.actor) == (
        "duplicate",
        "Refunded by hand",
        "person",
        "meera",
    )
    assert (event.status_before, event.status_after) == ("paid", "paid")
    story = finance.page.select_one(".pk-story").get_text(" ", strip=True)
    assert "Flag resolved by a person" in story
    assert "Refunded by hand" in story
    entry = AuditEntry.objects.get(action="payment.resolve_flag")
    assert (entry.actor, entry.payment, entry.reason, entry.result) == ("meera", paid, "Refunded by hand", "done")
    assert drift() == []


@databases
def test_it_no_longer_counts_as_open_in_the_list(paid: Payment) -> None:
    flagged(paid, Flag.DUPLICATE)
    person = Person()
    assert person.listed("?flag=any") == person.listed("?flag=duplicate") == [paid.gateway_order_id]
    assert person.listed("?flag=resolved") == []
    flags.resolve(Payment.objects.get(), Flag.DUPLICATE, actor="meera", reason="seen")
    assert person.listed("?flag=any") == person.listed("?flag=duplicate") == []
    assert person.listed("?flag=resolved") == [paid.gateway_order_id]


@databases
@pytest.mark.parametrize("status", ["created", "processing", "failed", "expired", "paid"])
def test_no_order_becomes_payable_by_it(make_order: Callable[..., Order], status: str) -> None:
    """For every flag: it is refused, or the payment holds its order up exactly as before."""
    for word in Flag:
        order = make_order()
        payment = flagged(factories.payment(order, status), word)
        held = payment.is_held
        if held:
            with pytest.raises(flags.CannotResolve, match=r"is held: .* Close it instead"):
                flags.resolve(payment, word, actor="meera", reason="seen")
            assert open_payment(order) == payment  # whoever wants to pay is led to its result
            continue
        after = flags.resolve(payment, word, actor="meera", reason="seen")
        assert (after.status, after.flags, after.is_held) == (payment.status, "", False)
        if status == "paid":
            with pytest.raises(AlreadyPaid):
                open_payment(order)
    assert drift() == []


def test_every_status_is_tried_above() -> None:
    assert set(TRANSITIONS) == {"created", "processing", "failed", "expired", "paid"}


@databases
def test_the_same_fact_does_not_raise_it_again_and_a_new_one_does(paid: Payment, paytm: Paytm) -> None:
    paytm.will_say(payment=paid, txnId="T-2")
    confirm.ask(paid, source="test")
    paid.refresh_from_db()
    assert paid.flags == "duplicate"
    flags.resolve(paid, Flag.DUPLICATE, actor="meera", reason="refunded")
    confirm.ask(paid, source="test")
    paid.refresh_from_db()
    assert paid.flags == ""
    paytm.will_say(payment=paid, txnId="T-3")
    confirm.ask(paid, source="test")
    paid.refresh_from_db()
    assert paid.flags == "duplicate"
    flags.resolve(paid, Flag.DUPLICATE, actor="ravi", reason="refunded, too")
    assert list(paid.events.filter(kind=RESOLVED).values_list("actor", flat=True)) == ["meera", "ravi"]
    assert paid.captured_amount == 3 * Decimal("499.00")
    assert drift() == []


@databases
def test_what_was_raised_anew_while_somebody_read_the_page_stays_open(paid: Payment) -> None:
    flagged(paid, Flag.DUPLICATE, message="first")
    finance = Person("Paytm finance")
    finance.open(page_of(paid, "resolve/duplicate"))
    book.flag(paid.pk, Flag.DUPLICATE, source="test", message="second", about="another")
    assert "has changed meanwhile. Look at it again." in finance.send(page_of(paid, "resolve/duplicate"), reason="seen")
    paid.refresh_from_db()
    assert paid.flags == "duplicate"
    assert not paid.events.filter(kind=RESOLVED).exists()
    assert AuditEntry.objects.get(action="payment.resolve_flag").result == "refused"


def test_a_second_click_changes_nothing_more(paid: Payment) -> None:
    flagged(paid, Flag.DUPLICATE)
    finance = Person("Paytm finance")
    finance.open(page_of(paid, "resolve/duplicate"))
    form = {**finance.hidden(), "csrfmiddlewaretoken": finance.token(), "reason": "seen"}
    for _ in range(2):
        finance.client.post(page_of(paid, "resolve/duplicate"), form)
    assert paid.events.filter(kind=RESOLVED).count() == 1
    finance.open(page_of(paid))
    assert any("this flag is not open" in said for said in finance.messages())


def test_without_what_the_page_gave_nothing_is_resolved(paid: Payment) -> None:
    flagged(paid, Flag.DUPLICATE)
    finance = Person("Paytm finance")
    for seen in ("", "0", "x", "-1", "٣", "9" * 40):
        finance.open(page_of(paid, "resolve/duplicate"))
        finance.send(page_of(paid, "resolve/duplicate"), reason="seen", seen=seen)
        paid.refresh_from_db()
        assert paid.flags == "duplicate", seen


def test_a_reason_is_asked_for(paid: Payment) -> None:
    flagged(paid, Flag.DUPLICATE)
    finance = Person("Paytm finance")
    finance.open(page_of(paid, "resolve/duplicate"))
    assert "Say what you found" in finance.send(page_of(paid, "resolve/duplicate"), reason="  ")
    with pytest.raises(flags.CannotResolve, match="Say what you found"):
        flags.resolve(Payment.objects.get(), Flag.DUPLICATE, actor="meera", reason=" ")
    assert not paid.events.filter(kind=RESOLVED).exists()


def test_a_flag_that_is_not_open_cannot_be_resolved(paid: Payment) -> None:
    finance = Person("Paytm finance")
    for word in ("stuck", "nonsense", "duplicate late_success", "%00"):
        finance.open(page_of(paid))
        assert finance.client.get(page_of(paid, f"resolve/{word}")).status_code == 302
        finance.open(page_of(paid))
        assert any("this flag is not open" in said for said in finance.messages()), word


def test_one_that_holds_its_order_is_offered_to_be_closed_and_not_to_be_resolved(payment: Payment) -> None:
    flagged(payment, Flag.AMOUNT_MISMATCH)
    finance = Person("Paytm finance")
    page = finance.open(page_of(payment))
    assert page.find("a", string="Resolve it…") is None
    assert page.find("a", string="Close this payment…")["href"] == page_of(payment, "close")
    finance.client.get(page_of(payment, "resolve/amount_mismatch"))
    finance.open(page_of(payment))
    assert any("Close it instead" in said for said in finance.messages())


@databases
def test_another_currency_that_was_stated_once_is_not_forgotten_with_its_flag(paid: Payment) -> None:
    """The gateway's own answer names no currency: what a signed message said of it still counts."""
    outcome = Outcome(paid.gateway_order_id, State.SUCCESS, MID, paid.amount, transaction_id="T-2", currency="USD")
    book.apply(paid.pk, outcome, source="test")
    paid.refresh_from_db()
    assert paid.flags == "currency_mismatch"
    flags.resolve(paid, Flag.CURRENCY_MISMATCH, actor="meera", reason="asked the bank")
    silent = Outcome(paid.gateway_order_id, State.SUCCESS, MID, paid.amount, transaction_id="T-3")
    book.apply(paid.pk, silent, source="test")
    paid.refresh_from_db()
    assert (paid.flags, paid.captured_amount) == ("currency_mismatch", Decimal("499.00"))
    assert drift() == []


def test_nothing_is_refundable_twice_by_it(payment: Payment) -> None:
    """Money taken in another amount can go back once, whether its flag is open or not."""
    outcome = Outcome(payment.gateway_order_id, State.SUCCESS, MID, Decimal("500.00"), transaction_id=TXNID)
    book.apply(payment.pk, outcome, source="test")
    right = Outcome(payment.gateway_order_id, State.SUCCESS, MID, payment.amount, transaction_id="T-2")
    after = book.apply(payment.pk, right, source="test").payment
    before = refunds.left(after)
    assert before == {TXNID: Decimal("500.00"), "T-2": Decimal("499.00")}
    flags.resolve(after, Flag.AMOUNT_MISMATCH, actor="meera", reason="seen")
    assert refunds.left(Payment.objects.get()) == before


@databases
def test_a_payment_in_other_hands_is_named_and_its_flag_stays(paid: Payment, busy: Callable[[Payment], None]) -> None:
    flagged(paid, Flag.DUPLICATE)
    finance = Person("Paytm finance")
    finance.open(page_of(paid, "resolve/duplicate"))
    busy(paid)
    said = finance.send(page_of(paid, "resolve/duplicate"), reason="seen")
    assert f"{paid.gateway_order_id} is busy" in said
    paid.refresh_from_db()
    assert paid.flags == "duplicate"


def test_a_stored_event_of_it_cannot_be_changed(paid: Payment) -> None:
    flagged(paid, Flag.DUPLICATE)
    flags.resolve(Payment.objects.get(), Flag.DUPLICATE, actor="meera", reason="seen")
    event = paid.events.get(kind=RESOLVED)
    event.message = "something else"
    with pytest.raises(LedgerOnly):
        event.save()
    with pytest.raises(LedgerOnly):
        paid.events.filter(kind=RESOLVED).update(message="x")
