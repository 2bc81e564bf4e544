"""Risk at the desk: who waits and why is seen; a person with the right decides, with a reason that is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from paytm_kit.models import AuditEntry, Payment, RejectedSender, RiskDecision
from paytm_kit.services import risk, roles
from tests.admin.desk import Person, page_of
from tests.paytm import Paytm, post_webhook

DECISIONS = "/admin/paytm_kit/riskdecision/"
HOLD = {
    "name": "high",
    "when": ["amount >= 1000", "customer_paid == 0"],
    "action": "hold",
    "reason": "High & new <b>customer</b>.",
}


@pytest.fixture
def held(configure: Callable[..., None], opened: Callable[..., Payment], gateway: Paytm) -> RiskDecision:
    configure(RISK_RULES=[HOLD])
    payment = opened("1500.00")
    Client().get(f"/paytm/pay/{payment.token}/")
    return RiskDecision.objects.get()


def test_who_waits_for_a_person_is_found_with_the_reason_and_the_numbers(held: RiskDecision) -> None:
    person = Person(roles.VIEWER)
    person.open(f"{DECISIONS}?standing=person")
    said = person.text()
    assert held.payment.gateway_order_id in said
    assert "High & new <b>customer</b>." in said
    assert "Waits for a person" in said
    assert len(person.listed("?standing=code", DECISIONS)) == 0
    assert len(person.listed(f"?q={held.payment.gateway_order_id}", DECISIONS)) == 1
    assert len(person.listed("?q=nosuchrule", DECISIONS)) == 0
    person.open(page_of(held))
    assert "amount >= 1000: 1500.00" in person.text()
    assert "customer_paid == 0: 0" in person.text()


def test_the_payments_own_page_shows_what_keeps_it(held: RiskDecision) -> None:
    person = Person(roles.VIEWER)
    person.open(page_of(held.payment))
    assert "High & new <b>customer</b>." in person.text()


@pytest.mark.parametrize(
    ("act", "outcome", "said"), [("pass", "passed", "may be paid now"), ("refuse", "refused", "is refused")]
)
def test_a_person_with_the_right_decides_with_a_reason_and_it_is_written_down(
    held: RiskDecision, act: str, outcome: str, said: str
) -> None:
    person = Person(roles.FINANCE)
    person.open(page_of(held))
    assert person.page.find("a", href=page_of(held, act))
    person.open(page_of(held, act))
    person.send(page_of(held, act))  # without a reason
    held.refresh_from_db()
    assert held.outcome == ""
    person.open(page_of(held, act))
    person.send(page_of(held, act), reason="Called them: all is well")
    assert said in person.messages()[0]
    held.refresh_from_db()
    assert (held.outcome, held.actor, held.settled_reason) == (outcome, "meera", "Called them: all is well")
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor, entry.result, entry.payment) == (f"risk.{act}", "meera", "done", held.payment)
    assert entry.reason == "Called them: all is well"
    assert not person.open(page_of(held)).find("a", href=page_of(held, act))


@pytest.mark.parametrize("role", [roles.VIEWER, roles.SUPPORT])
def test_without_the_right_nothing_is_offered_and_the_try_is_refused(held: RiskDecision, role: str) -> None:
    person = Person(role)
    person.open(page_of(held))
    assert not person.page.find("a", href=page_of(held, "pass"))
    assert person.client.get(page_of(held, "pass")).status_code == 403
    person.open(DECISIONS)
    person.send(DECISIONS, action="let_pass", _selected_action=str(held.pk), reason="x", confirmed="yes")
    held.refresh_from_db()
    assert held.outcome == ""


def test_who_comes_second_is_told_so(held: RiskDecision) -> None:
    person = Person(roles.FINANCE)
    person.open(page_of(held, "pass"))
    risk.settle(held.payment, passes=False, actor="ravi", reason="Stolen card")
    person.send(page_of(held, "pass"), reason="fine")
    assert "Nothing is left to settle" in " ".join(person.messages())
    held.refresh_from_db()
    assert (held.outcome, held.actor) == ("refused", "ravi")


@pytest.mark.parametrize("model", ["riskdecision", "rejectedsender", "attemptcount"])
def test_nothing_of_it_can_be_changed_by_hand(held: RiskDecision, model: str) -> None:
    person = Person()
    address = f"/admin/paytm_kit/{model}/"
    person.open(address)
    assert person.client.get(f"{address}add/").status_code == 403
    assert "delete_selected" not in person.response.content.decode()


def test_senders_of_invalid_messages_are_listed_with_their_counts(
    configure: Callable[..., None], payment: Payment, paytm: Paytm
) -> None:
    configure(LIMITS="invalid=2/1m")
    for _ in range(5):
        post_webhook(Client(), {"ORDERID": payment.gateway_order_id}, REMOTE_ADDR="203.0.113.66")
    person = Person(roles.VIEWER)
    person.open("/admin/paytm_kit/rejectedsender/")
    assert person.listed("?q=203.0.113.66", "/admin/paytm_kit/rejectedsender/") == ["203.0.113.66"]
    row = RejectedSender.objects.get(address="203.0.113.66")
    assert (row.messages, row.only_counted) == (5, 3)
    assert " 5 3 " in person.text()


def test_the_list_takes_few_queries_however_many_wait(
    held: RiskDecision, opened: Callable[..., Payment], gateway: Paytm, django_assert_max_num_queries: Any
) -> None:
    for _ in range(8):
        Client().get(f"/paytm/pay/{opened('1500.00').token}/")
    person = Person()
    with django_assert_max_num_queries(16):
        assert len(person.listed("", DECISIONS)) == 9
