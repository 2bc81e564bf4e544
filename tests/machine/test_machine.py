"""Payments, messages, refunds, chargebacks, payouts, crashes and time in any order: after every step the books hold.

``MACHINE_EXAMPLES=500`` plays that many stories, other ones in every run; without it, the same few.
"""

from __future__ import annotations

import base64
import os
import sys
from decimal import Decimal
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from paytm_kit.models import Dispute, Payment
from paytm_kit.testing.simulator import Simulator
from tests.machine import books, crashes
from tests.machine.world import World, opened

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]

EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "0"))
FEW = 3  # beside those of test_stories
STEPS = 40 if EXAMPLES else 12

MINUTE, HOUR, DAY = 60, 3600, 86_400
FAULTS = (
    "callback.unsigned", "callback.wrong-signature", "callback.null-values", "callback.amount-changed",
    "callback.two-statuses", "callback.duplicated", "webhook.out-of-order", "webhook.json", "webhook.delayed",
    "status.error", "status.html", "status.truncated", "status.stale", "status.other-order", "connection.reset",
    "initiate.unknown", "initiate.inconsistent", "initiate.token-expired", "refund.timeout",
    "refund.pending-then-failure", "refund.pending-then-success",
)  # fmt: skip

LIES = (
    {"STATUS": "TXN_SUCCESS", "RESPCODE": "01"},
    {"STATUS": "TXN_SUCCESS", "RESPCODE": "01", "TXNAMOUNT": "1.00"},
    {"STATUS": "TXN_FAILURE", "RESPCODE": "227"},
)

which = st.integers(0, 50)
outcomes = st.sampled_from(["success", "success", "success", "pending", "pending", "failure", "cancel"])


class Payments(RuleBasedStateMachine):
    make_world = staticmethod(lambda: pytest.fail("set by the test"))

    def __init__(self) -> None:
        super().__init__()
        self.world: World = self.make_world()
        self.memory = books.Memory()
        self.orders: list[int] = []

    def payment(self, number: int) -> Payment:
        pks = self.world.payments
        return Payment.objects.get(pk=pks[number % len(pks)])

    def paid(self, number: int) -> Payment:
        """One with money if there is any."""
        rows = list(Payment.objects.filter(captured_amount__gt=0).order_by("pk"))
        return rows[number % len(rows)] if rows else self.payment(number)

    # ---- the shop and its shopper ----------------------------------------------------------------------------

    @initialize(outcome=outcomes, amount=st.sampled_from([None, None, "2.50"]), comes_back=st.booleans())
    def a_first_payment(self, outcome: str, amount: str | None, comes_back: bool) -> None:
        self.a_new_order("499.00")
        self.the_shopper_pays(0, outcome, "card", amount)
        if comes_back:
            self.a_callback_comes(0, 1)

    @rule(amount=st.sampled_from(["499.00", "100.00", "1.00"]))
    def a_new_order(self, amount: str) -> None:
        self.orders.append(self.world.order(amount))
        self.world.check_out(self.orders[-1])

    @rule(number=which)
    def checks_out_again(self, number: int) -> None:
        self.world.check_out(self.orders[number % len(self.orders)])

    @precondition(lambda self: self.world.payments)
    @rule(
        number=which,
        outcome=outcomes,
        method=st.sampled_from(["upi", "card", "wallet"]),
        amount=st.sampled_from([None, None, None, None, "2.50"]),
    )
    def the_shopper_pays(self, number: int, outcome: str, method: str, amount: str | None) -> None:
        if self.world.payments:
            how = {"method": method} if amount is None else {"method": method, "amount": amount}
            self.world.shopper_pays(self.payment(number), outcome, **how)

    @precondition(lambda self: self.world.payments)
    @rule(number=which, outcome=st.sampled_from(["success", "failure"]))
    def the_bank_decides(self, number: int, outcome: str) -> None:
        self.world.bank_decides(self.payment(number), outcome)

    # ---- what reaches the kit: early, late, again, in any order ----------------------------------------------

    @precondition(lambda self: self.world.callbacks)
    @rule(number=which, times=st.integers(1, 2))
    def a_callback_comes(self, number: int, times: int) -> None:
        for _ in range(times):
            assert self.world.post(self.world.callbacks[-1 - number % len(self.world.callbacks)]) in (303, 0)

    @precondition(lambda self: self.world.webhooks)
    @rule(number=which, times=st.integers(1, 2))
    def a_webhook_comes(self, number: int, times: int) -> None:
        for _ in range(times):
            assert self.world.post(self.world.webhooks[-1 - number % len(self.world.webhooks)]) in (200, 503, 0)

    @precondition(lambda self: self.world.callbacks)
    @rule(
        number=which,
        path=st.sampled_from(["/paytm/callback/", "/paytm/webhook/"]),
        lie=st.sampled_from([*LIES, {"CHECKSUMHASH": base64.b64encode(b"0" * 48).decode()}]),
        about=which,
    )  # fmt: skip
    def a_forged_message_comes(self, number: int, path: str, lie: dict[str, str], about: int) -> None:
        """Its signature belongs to other fields. The webhook is refused; a callback may make us ask, no more."""
        _, content_type, body = self.world.callbacks[number % len(self.world.callbacks)]
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        forged = fields | {"ORDERID": self.payment(about).gateway_order_id, "TXNID": "forged"} | lie
        answer = self.world.post((path, content_type, urlencode(forged).encode()))
        assert answer in ((303, 0) if "callback" in path else (400, 0))

    @precondition(lambda self: self.world.callbacks)
    @rule(
        number=which,
        path=st.sampled_from(["/paytm/callback/", "/paytm/webhook/"]),
        lie=st.sampled_from(LIES),
        about=which,
    )
    def a_signed_message_lies(self, number: int, path: str, lie: dict[str, str], about: int) -> None:
        """Somebody has the key, or Paytm's messages are ahead of its books: it makes us ask, no more."""
        _, content_type, body = self.world.callbacks[number % len(self.world.callbacks)]
        payment = self.payment(about)
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True)) | {"ORDERID": payment.gateway_order_id}
        lying = fields | {"TXNID": "signed-lie", "TXNAMOUNT": str(payment.amount)} | lie
        answer = self.world.post((path, content_type, self.world.signed(lying)))
        assert answer in ((303, 0) if "callback" in path else (200, 503, 0))

    @precondition(lambda self: self.world.payments)
    @rule(number=which)
    def somebody_asks(self, number: int) -> None:
        self.world.ask(self.payment(number))

    @rule(words=st.sampled_from([(), ("--all",), ("--limit", "1")]))
    def reconcile_runs(self, words: tuple[str, ...]) -> None:
        self.world.reconcile(*words)

    @precondition(lambda self: self.world.payments)
    @rule(number=which)
    def a_person_closes_it(self, number: int) -> None:
        self.world.close(self.payment(number))

    # ---- money back ------------------------------------------------------------------------------------------

    @precondition(lambda self: self.world.payments)
    @rule(
        number=which,
        amount=st.sampled_from([None, "1.00", "60.00", "300.00", "499.01", "0", "-1.00", "1.001"]),
        clicks=st.integers(1, 2),
    )
    def a_refund_is_requested(self, number: int, amount: str | None, clicks: int) -> None:
        for _ in range(clicks):
            payment = self.paid(number)
            lost = payment.disputes.filter(status__in=Dispute.TAKEN).values_list("amount", flat=True)
            left = payment.captured_amount - payment.refunded_amount - payment.refunding_amount - sum(lost)
            begun = self.world.refund(payment, amount)
            if begun and payment.is_paid:
                assert left > 0, "nothing was left"
                assert 0 < Decimal(amount or left) <= left
                assert not payment.disputes.undecided().exists()

    @precondition(lambda self: self.world.payments)
    @rule(number=which, amount=st.sampled_from(["1.00", "60.00", "499.00"]), outcome=outcomes.filter("cancel".__ne__))
    def the_dashboard_refunds(self, number: int, amount: str, outcome: str) -> None:
        self.world.refund_in_dashboard(self.payment(number), amount, outcome)

    @rule(number=which, outcome=st.sampled_from(["success", "failure"]))
    def the_bank_decides_a_refund(self, number: int, outcome: str) -> None:
        pending = [row for row in self.world.simulator.ask("GET", "refunds")["refunds"] if row["status"] == "pending"]
        if pending:
            self.world.bank_decides_refund(pending[number % len(pending)]["ref_id"], outcome)

    @precondition(lambda self: self.world.payments)
    @rule(number=which, amount=st.sampled_from(["1.00", "200.00", "499.00"]))
    def a_chargeback_is_raised(self, number: int, amount: str) -> None:
        self.world.dispute(self.paid(number), amount)

    @precondition(lambda self: self.world.disputes)
    @rule(number=which, outcome=st.sampled_from(["won", "lost"]))
    def the_bank_decides_a_chargeback(self, number: int, outcome: str) -> None:
        self.world.bank_decides_dispute(list(self.world.disputes)[number % len(self.world.disputes)], outcome)

    @rule(number=which)
    def a_payout_is_read(self, number: int) -> None:
        if payouts := list(self.world.payouts()):
            self.world.read_payout(payouts[number % len(payouts)])

    # ---- time and trouble ------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([30, MINUTE, 5 * MINUTE, 16 * MINUTE, 21 * MINUTE, 3 * HOUR, DAY, 4 * DAY, 15 * DAY]))
    def time_passes(self, seconds: int) -> None:
        self.world.advance(seconds)

    @rule(fault=st.sampled_from(FAULTS), times=st.sampled_from([1, 4]))
    def paytm_has_a_fault(self, fault: str, times: int) -> None:
        api = {"api": "refund"} if (fault, times) == ("connection.reset", 1) else {}
        self.world.simulator.faults({"fault": fault, "times": times, **api})

    @rule(fails=st.booleans())
    def the_shops_receiver(self, fails: bool) -> None:
        self.world.receiver_fails = fails

    @rule(where=st.sampled_from(list(crashes.EVERYWHERE)))
    def the_process_will_die(self, where: str) -> None:
        self.world.process.dies(where)

    @rule(seconds=st.just(MINUTE))
    def one_reconcile_in_calm_weather_brings_agreement(self, seconds: int) -> None:
        self.world.calm()
        self.world.wait(seconds)
        self.world.reconcile("--all")
        books.check_agreement(self.world)

    # ---- what holds ------------------------------------------------------------------------------------------

    @invariant()
    def the_books_hold(self) -> None:
        books.check(self.world, self.memory)

    def teardown(self) -> None:
        """Every story ends well: the last messages come, the last refunds are decided, nothing waits."""
        if sys.exc_info()[0] is None:
            finish(self.world)
            books.check(self.world, self.memory)
            books.check_end(self.world)
            books.check_payouts(self.world)


def finish(world: World) -> None:
    world.calm()
    for dispute_id, said in list(world.disputes.items()):
        if said["status"] == "open":
            world.bank_decides_dispute(dispute_id, "lost")
    world.advance(4 * DAY)
    for message in world.webhooks:
        assert world.post(message) == 200
    for _ in range(2):  # the second sends what was never sent, the gateway knowing nothing of it
        world.reconcile("--all")
        world.advance(DAY)
    assert world.reconcile("--all"), "something is left"


@pytest.mark.usefixtures("transactional_db")
def test_whatever_happens_in_whatever_order_the_books_hold(paytm_simulator: Simulator) -> None:
    with opened(paytm_simulator) as make_world:
        Payments.make_world = staticmethod(make_world)
        run_state_machine_as_test(
            Payments,
            settings=settings(
                max_examples=EXAMPLES or FEW,
                stateful_step_count=STEPS,
                derandomize=not EXAMPLES,
                database=None,
                deadline=None,
                phases=[Phase.generate, Phase.shrink] if EXAMPLES else [Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
