"""What rules do to a payment before it starts: noted, a person first, refused; each decision stands with its reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit.ledger import book
from paytm_kit.models import Flag, Payment, PaymentVisit, RiskDecision
from paytm_kit.services import opening, risk
from tests.begin import begin
from tests.ledger.test_races import together
from tests.paytm import Paytm

INITIATE = "/theia/api/v1/initiateTransaction"
HIGH = {"name": "high", "when": "amount >= 1000", "reason": "A high amount."}


def rule(action: str, **changes: Any) -> dict[str, Any]:
    return {**HIGH, "action": action, **changes}


def visit(payment: Payment, browser: Client | None = None, **extra: Any) -> Any:
    return (browser or Client()).get(f"/paytm/pay/{payment.token}/", **{"REMOTE_ADDR": "203.0.113.9", **extra})


def heading(response: Any) -> str:
    return BeautifulSoup(response.content, "html.parser").h1.get_text(strip=True)


def started(payment: Payment) -> bool:
    payment.refresh_from_db()
    return payment.status != "created"


SENT, CHECKING, REFUSED = (
    "Taking you to the payment page",
    "We are looking at your order first",
    "This payment cannot be made here just now",
)
OUTCOMES = {"flag": (200, SENT), "hold": (200, CHECKING), "refuse": (403, REFUSED)}


@pytest.mark.databases
@pytest.mark.parametrize(("action", "answer"), OUTCOMES.items(), ids=OUTCOMES)
def test_a_rule_that_holds_is_recorded_with_its_words_and_numbers_and_acted_upon(
    configure: Callable[..., None],
    opened: Callable[..., Payment],
    gateway: Paytm,
    action: str,
    answer: tuple[int, str],
) -> None:
    configure(RISK_RULES=[rule(action)])
    payment = opened("1500.00")
    response = visit(payment)
    assert (response.status_code, heading(response)) == answer
    decision = RiskDecision.objects.get()
    assert (decision.payment, decision.rule, decision.action, decision.outcome) == (payment, "high", action, "")
    assert (decision.reason, decision.numbers) == ("A high amount.", {"amount >= 1000": "1500.00"})
    assert "A high amount" not in response.content.decode()
    assert started(payment) is (action == "flag")
    assert gateway.asked(INITIATE) == (1 if action == "flag" else 0)
    assert (payment.flags, payment.is_held) == ("", False)  # money's flags are another thing


def test_a_rule_that_does_not_hold_leaves_no_trace(
    configure: Callable[..., None], opened: Callable[..., Payment], gateway: Paytm
) -> None:
    configure(RISK_RULES=[rule("refuse")])
    payment = opened("999.99")
    assert heading(visit(payment)) == SENT
    assert RiskDecision.objects.count() == 0


def test_the_shopper_reads_the_rules_own_text_and_never_its_reason(
    configure: Callable[..., None], opened: Callable[..., Payment], gateway: Paytm
) -> None:
    text = "For orders above ₹1,000 please <b>call</b> us."
    configure(RISK_RULES=[rule("hold", shopper_text=text)])
    payment = opened("1500.00")
    for _ in range(2):  # when it is found, and afterwards
        page = visit(payment).content.decode()
        assert "please &lt;b&gt;call&lt;/b&gt; us." in page
        assert "A high amount" not in page


def test_coming_again_writes_no_second_decision_and_a_hold_stays_when_its_rule_no_longer_holds(
    configure: Callable[..., None], opened: Callable[..., Payment], gateway: Paytm
) -> None:
    configure(RISK_RULES=[rule("hold"), rule("flag", name="other")])
    payment = opened("1500.00")
    assert [heading(visit(payment)) for _ in range(3)] == [CHECKING] * 3
    assert RiskDecision.objects.count() == 2
    configure(RISK_RULES="off")
    assert heading(visit(payment)) == CHECKING


def test_a_refusal_lasts_as_long_as_its_rule_holds(
    configure: Callable[..., None],
    opened: Callable[..., Payment],
    failures: Callable[..., Any],
    gateway: Paytm,
    django_user_model: Any,
) -> None:
    configure(RISK_RULES=[rule("refuse", when="customer_failures >= 3 in 1h")])
    user = django_user_model.objects.create(username="asha")
    failures(3, user=user)
    payment = opened(user=user)
    assert visit(payment).status_code == 403
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1)):
        assert heading(visit(payment)) == SENT


def test_the_strongest_of_several_rules_decides_and_all_are_recorded(
    configure: Callable[..., None], opened: Callable[..., Payment], gateway: Paytm
) -> None:
    configure(RISK_RULES=[rule("hold"), rule("refuse", name="worse"), rule("flag", name="note")])
    assert visit(opened("1500.00")).status_code == 403
    written = dict(RiskDecision.objects.values_list("rule", "action"))
    assert written == {"high": "hold", "worse": "refuse", "note": "flag"}


def test_a_payment_that_has_started_is_never_stopped_any_more(
    configure: Callable[..., None], payment: Payment, gateway: Paytm
) -> None:
    configure(RISK_RULES=[rule("refuse", when="amount >= 1")])
    assert heading(visit(payment)) == SENT
    assert RiskDecision.objects.count() == 0


# ---- The facts of real payments


def flagged(payment: Payment) -> None:
    begin(payment.pk)
    book.flag(payment.pk, Flag.AMOUNT_MISMATCH, source="test", message="")


@pytest.mark.databases
def test_a_customers_past_counts_by_the_customer(
    configure: Callable[..., None],
    opened: Callable[..., Payment],
    failures: Callable[..., Any],
    pay: Callable[..., Payment],
    gateway: Paytm,
    django_user_model: Any,
) -> None:
    asha, ravi = (django_user_model.objects.create(username=name) for name in ("asha", "ravi"))
    failures(2, user=asha)
    pay(opened("300.00", user=asha))
    flagged(opened(user=asha))
    failures(4, user=ravi)
    when = [
        "customer_payments == 4",
        "customer_failures == 2 in 1h",
        "customer_paid == 1",
        "customer_amount == 799 in 1d",
        "customer_mismatches == 1 in 30d",
    ]
    configure(RISK_RULES=[rule("hold", when=when)])
    assert heading(visit(opened("499.00", user=asha))) == CHECKING
    assert RiskDecision.objects.get().numbers == {
        "customer_payments == 4": "4",
        "customer_failures == 2 in 1h": "2",
        "customer_paid == 1": "1",
        "customer_amount == 799 in 1d": "799.00",
        "customer_mismatches == 1 in 30d": "1",
    }
    assert heading(visit(opened("499.00", user=ravi))) == SENT


@pytest.mark.databases
def test_a_browser_and_an_address_are_known_by_what_they_started_before(
    configure: Callable[..., None], opened: Callable[..., Payment], gateway: Paytm
) -> None:
    browser = Client()
    visit(opened(), browser)  # brings the cookie
    for _ in range(3):
        payment = opened()
        visit(payment, browser, REMOTE_ADDR="203.0.113.20")
        book.close(payment.pk, actor="test", reason="failed")
    when = ["device_failures == 3 in 1h", "device_customers == 4 in 1d", "address_failures == 0"]
    configure(RISK_RULES=[rule("hold", when=[*when, "address_payments == 1"])])
    assert heading(visit(opened(), Client())) == SENT  # no browser that we know
    configure(RISK_RULES=[rule("hold", when=[*when, "address_payments == 2"])])
    assert heading(visit(opened(), browser)) == CHECKING


def test_where_somebody_came_from_is_kept_once_and_as_hashes(opened: Callable[..., Payment], gateway: Paytm) -> None:
    payment, browser = opened(), Client()
    visit(payment, browser)
    visit(payment, browser)
    [row] = PaymentVisit.objects.values()  # the second visit found it started
    assert (row["device_key"], len(row["address_key"])) == ("", 64)


def test_however_long_the_past_and_however_many_the_rules_the_queries_stay_few(
    configure: Callable[..., None],
    opened: Callable[..., Payment],
    failures: Callable[..., Any],
    gateway: Paytm,
    django_user_model: Any,
) -> None:
    subjects = ("customer", "device", "address")
    many = [
        rule("flag", name=f"r{number}", when=f"{subject}_failures >= {number} in {number + 1}h")
        for number, subject in enumerate(subjects * 10)
    ]
    user, browser = django_user_model.objects.create(username="asha"), Client()

    def queries() -> int:
        payment = opened(user=user)
        browser.post(f"/paytm/pay/{payment.token}/")
        with CaptureQueriesContext(connection) as found:
            visit(payment, browser)
        return sum("paytm_kit" in query["sql"] and "SELECT" in query["sql"] for query in found)

    configure(RISK_RULES="off", LIMITS="off")
    without = queries()
    configure(RISK_RULES=many, LIMITS="off")
    few = queries()
    failures(30, user=user)
    assert queries() == few
    assert few <= without + 5


@pytest.mark.databases
@pytest.mark.skipif(connection.vendor != "postgresql", reason="EXPLAIN is each database's own")
def test_the_past_is_found_by_index(
    opened: Callable[..., Payment], gateway: Paytm, configure: Callable[..., None]
) -> None:
    configure(RISK_RULES=[rule("flag", when=["customer_paid == 0", "device_paid == 0", "address_paid == 0"])])
    payment, browser = opened(), Client()
    browser.post(f"/paytm/pay/{payment.token}/")
    with CaptureQueriesContext(connection) as found:
        visit(payment, browser)
    asked = [query["sql"] for query in found if query["sql"].startswith("SELECT")]
    indexes = "payment_customer", "visit_device", "visit_address"
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute("SET enable_sort = off")
        plans = ""
        for sql in asked:
            cursor.execute(f"EXPLAIN {sql}")
            plans += " ".join(row[0] for row in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
        cursor.execute("RESET enable_sort")
    assert [name for name in indexes if f"paytm_kit_{name}" not in plans] == []


# ---- Failing open


def test_a_defect_in_evaluating_lets_the_shopper_pay_and_stands_in_the_log(
    configure: Callable[..., None],
    opened: Callable[..., Payment],
    gateway: Paytm,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    configure(RISK_RULES=[rule("refuse")])
    monkeypatch.setattr("paytm_kit.services.risk._facts", lambda *_: 1 / 0)
    assert heading(visit(opened("1500.00"))) == SENT
    assert "risk.not_evaluated" in caplog.text


def test_a_wrong_rule_is_left_out_with_a_line_in_the_log_and_the_others_stand(
    configure: Callable[..., None], opened: Callable[..., Payment], gateway: Paytm, caplog: pytest.LogCaptureFixture
) -> None:
    configure(RISK_RULES=[rule("hold", name="wrong", when="amout > 1"), rule("refuse")])
    assert visit(opened("1500.00")).status_code == 403
    assert "risk.rule_left_out rule=wrong field=when" in caplog.text


def test_where_the_order_is_gone_there_is_nobody_to_send_a_code_to(
    configure: Callable[..., None], opened: Callable[..., Payment], gateway: Paytm
) -> None:
    configure(RISK_RULES=[rule("verify", without_email="hold")])
    payment = opened("1500.00")
    Order.objects.all().delete()
    assert heading(visit(payment)) == CHECKING


# ---- A person's word


@pytest.fixture
def held(configure: Callable[..., None], opened: Callable[..., Payment], gateway: Paytm) -> Payment:
    configure(RISK_RULES=[rule("hold"), rule("refuse", name="very_high", when="amount >= 1400")])
    payment = opened("1500.00")
    visit(payment)
    return payment


@pytest.mark.databases
def test_let_through_the_payment_goes_on_and_it_stands_who_decided_and_why(held: Payment, gateway: Paytm) -> None:
    assert risk.settle(held, passes=True, actor="meera", reason="Called: a known customer, 9000000001") == 2
    decision = RiskDecision.objects.get(rule="high")
    assert (decision.outcome, decision.actor) == ("passed", "meera")
    assert decision.settled_reason == "Called: a known customer, ******0001"
    assert heading(visit(held)) == SENT
    assert started(held)


def test_refused_by_a_person_it_stays_refused(held: Payment, configure: Callable[..., None]) -> None:
    risk.settle(held, passes=False, actor="meera", reason="Stolen card")
    configure(RISK_RULES="off")
    response = visit(held)
    assert (response.status_code, heading(response)) == (403, REFUSED)
    assert "Stolen" not in response.content.decode()
    assert not started(held)


@pytest.mark.parametrize("amount", ["1500.00", "1500.01"])
def test_what_was_let_through_holds_for_a_day_for_the_orders_next_try_if_it_is_no_higher(
    held: Payment, gateway: Paytm, amount: str
) -> None:
    risk.settle(held, passes=True, actor="meera", reason="known")
    book.close(held.pk, actor="test", reason="the bank refused")
    order = Order.objects.get()
    order.lines.update(unit_price=amount)
    again = opening.open_payment(order)
    assert again.pk != held.pk
    assert (heading(visit(again)) == SENT) is (amount == "1500.00")
    book.close(again.pk, actor="test", reason="the bank refused")
    with time_machine.travel(timezone.now() + timedelta(hours=24, seconds=1)):
        assert heading(visit(opening.open_payment(order))) == REFUSED


def test_another_order_of_the_same_customer_is_looked_at_anew(
    held: Payment, opened: Callable[..., Payment], gateway: Paytm
) -> None:
    risk.settle(held, passes=True, actor="meera", reason="known")
    assert heading(visit(opened("1500.00"))) == REFUSED


def test_what_cannot_be_settled_is_said_in_words(held: Payment, payment: Payment) -> None:
    with pytest.raises(risk.CannotSettle, match="Say what you found"):
        risk.settle(held, passes=True, actor="meera", reason=" ")
    with pytest.raises(risk.CannotSettle, match="has begun meanwhile"):
        risk.settle(payment, passes=True, actor="meera", reason="known")
    risk.settle(held, passes=False, actor="meera", reason="known")
    with pytest.raises(risk.CannotSettle, match="left to settle"):
        risk.settle(held, passes=True, actor="ravi", reason="known")


@pytest.mark.databases
def test_of_two_people_who_decide_at_once_one_decides(held: Payment) -> None:
    def decide(passes: bool, actor: str) -> bool:
        try:
            risk.settle(held, passes=passes, actor=actor, reason="looked")
        except risk.CannotSettle:
            return False
        return True

    said = together(lambda: decide(True, "meera"), lambda: decide(False, "ravi"))
    assert sorted(map(bool, said)) == [False, True]
    assert RiskDecision.objects.values("outcome", "actor").distinct().count() == 1


@pytest.mark.databases
def test_the_same_payment_opened_twice_at_once_is_decided_once(
    configure: Callable[..., None], opened: Callable[..., Payment], gateway: Paytm
) -> None:
    configure(RISK_RULES=[rule("hold")])
    payment = opened("1500.00")
    answers = together(*[lambda: heading(visit(payment))] * 6)
    assert answers == [CHECKING] * 6
    assert (RiskDecision.objects.count(), PaymentVisit.objects.count()) == (1, 1)
