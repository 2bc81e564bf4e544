"""``paytm_reconcile``: run from cron, it finds out what became of every payment still open, and tells what is left."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import time_machine
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper

from demo_site.shop.models import Order
from paytm_kit import signals
from paytm_kit.checkout import open_payment
from paytm_kit.ledger import ladder
from paytm_kit.management import progress, stopping
from paytm_kit.models import Announcement, Payment
from paytm_kit.services import confirm
from tests.begin import begin
from tests.paytm import KEY, Paytm, status_text

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]

NOON = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
SUMMARY = re.compile(
    r"asked (\d+), changed (\d+), no answer (\d+); announcements delivered (\d+), still waiting (\d+)\n\Z"
)


class Run:
    """What one run printed and how it ended."""

    def __init__(self, *arguments: str) -> None:
        out, err, self.failed, self.code = io.StringIO(), io.StringIO(), "", 0
        try:
            call_command("paytm_reconcile", *arguments, "--no-color", stdout=out, stderr=err)
        except CommandError as error:
            self.failed, self.code = str(error), error.returncode
        self.out, self.err = out.getvalue(), err.getvalue()
        assert KEY not in self.out + self.err + self.failed

    @property
    def counts(self) -> dict[str, int]:
        match = SUMMARY.search(self.out)
        assert match, self.out
        names = ("asked", "changed", "no answer", "delivered", "waiting")
        return {name: int(count) for name, count in zip(names, match.groups(), strict=True) if count != "0"}


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def answer_each(paytm: Paytm, words: dict[str, str | Exception]) -> None:
    """The status API answers by order id: a word of Paytm's, or an error."""
    paytm.wire.reset()

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        order_id = re.search(rb'"orderId":"([^"]+)"', request.body)[1].decode()
        word = words[order_id]
        if isinstance(word, Exception):
            raise word
        payment = Payment.objects.get(gateway_order_id=order_id)
        return 200, {}, status_text(order_id, word, txnAmount=str(payment.amount), txnId=f"T-{order_id}")

    paytm.wire.add_callback("POST", "https://gateway.example/v3/order/status", callback=answer)


# ---- What a run does


def test_pending_becomes_paid_once_the_bank_has_settled(
    clock: Any, start: Callable[..., Payment], paytm: Paytm
) -> None:
    payment = start()
    paytm.will_say("PENDING", payment=payment)
    clock.shift(timedelta(minutes=15))
    first = Run()
    assert (first.counts, first.failed) == ({"asked": 1}, "")
    assert f"{payment.gateway_order_id}  499.00 INR  processing" in first.out

    paytm.will_say(payment=payment)
    clock.shift(timedelta(minutes=15))
    second = Run()
    assert (second.counts, second.failed) == ({"asked": 1, "changed": 1}, "")
    assert f"{payment.gateway_order_id}  499.00 INR  processing → paid" in second.out
    payment.refresh_from_db()
    assert (payment.status, str(payment.captured_amount), payment.next_ask_at) == ("paid", "499.00", None)
    assert Order.objects.get(pk=payment.object_id).is_paid
    assert Order.objects.get(pk=payment.object_id).paid_at is not None  # the shop heard of it

    clock.shift(timedelta(days=2))
    assert Run().counts == {}
    assert paytm.asked() == 2


@pytest.mark.parametrize(("word", "after"), [("TXN_FAILURE", "failed"), ("NO_RECORD_FOUND", "expired")])
def test_a_payment_that_nobody_made_is_closed(
    clock: Any, start: Callable[..., Payment], paytm: Paytm, word: str, after: str
) -> None:
    payment = start()
    paytm.will_say(word, payment=payment)
    clock.shift(timedelta(minutes=30))
    assert f"processing → {after}" in Run().out
    assert set(Announcement.objects.values_list("signal", "state")) == {("payment_failed", "delivered")}


def test_nothing_to_do_is_fine(paytm: Paytm) -> None:
    run = Run()
    assert (run.counts, run.failed, run.err) == ({}, "", "")


def test_a_payment_whose_shopper_never_left_is_not_asked_about(clock: Any, order: Order, paytm: Paytm) -> None:

    open_payment(order)
    clock.shift(timedelta(days=1))
    assert Run("--all").counts == {}


# ---- The ladder


def test_each_payment_is_asked_about_on_the_ladder_and_no_oftener(
    clock: Any, start: Callable[..., Payment], paytm: Paytm
) -> None:
    """15 and 30 minutes, 1, 6, 12, 24, 48 and 72 hours, as Paytm advises; cron comes every five minutes."""
    payment = start()
    paytm.will_say("PENDING", payment=payment)
    asked_at, minutes = [], 0
    while minutes < 73 * 60:
        before = paytm.asked()
        Run()
        if paytm.asked() > before:
            asked_at.append(timedelta(minutes=minutes))
        payment.refresh_from_db()
        # as cron would, without the visits at which nothing is due
        due = int((payment.next_ask_at - NOON).total_seconds() // 60)
        minutes = max(minutes + 5, due - due % 5 - 5)
        clock.move_to(NOON + timedelta(minutes=minutes))
    assert tuple(asked_at) == ladder.RUNGS
    assert payment.flags == ""


def test_after_the_ladder_a_person_is_told_and_asking_goes_on_daily(
    clock: Any, start: Callable[..., Payment], paytm: Paytm
) -> None:
    payment = start()
    paytm.will_say("PENDING", payment=payment)
    clock.shift(timedelta(hours=73))
    Run()
    payment.refresh_from_db()
    assert (payment.status, payment.flags) == ("processing", "stuck")
    assert payment.next_ask_at == NOON + timedelta(hours=97)
    assert list(Announcement.objects.values_list("signal", "state")) == [("payment_flagged", "delivered")]


def test_all_asks_about_every_open_payment_now(clock: Any, start: Callable[..., Payment], paytm: Paytm) -> None:
    payment = start()
    paytm.will_say(payment=payment)
    assert Run().counts == {}
    assert Run("--all").counts == {"asked": 1, "changed": 1}


def test_limit_asks_about_the_longest_waiting_first(clock: Any, start: Callable[..., Payment], paytm: Paytm) -> None:
    older = start()
    clock.shift(timedelta(minutes=1))
    newer = start()
    answer_each(paytm, {older.gateway_order_id: "PENDING", newer.gateway_order_id: "PENDING"})
    clock.shift(timedelta(hours=1))
    run = Run("--limit", "1")
    assert run.counts == {"asked": 1}
    assert older.gateway_order_id in run.out
    assert newer.gateway_order_id not in run.out


@pytest.mark.parametrize("arguments", [["--limit", "few"], ["--everything"]])
def test_wrong_usage_is_refused(arguments: list[str]) -> None:
    assert Run(*arguments).failed.startswith("Error: ")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--limit", "0"], "--limit must be at least 1."),
        (["--limit", str(10**23)], "--limit must be at most 1000000000."),
        (["--workers", "0"], "--workers must be from 1 to 32."),
        (["--workers", "33"], "--workers must be from 1 to 32."),
        (["--account", "nobody"], 'There is no account "nobody". PAYTM_KIT["ACCOUNTS"] has: default.'),
    ],
)
def test_what_cannot_be_meant_ends_with_code_two(arguments: list[str], why: str) -> None:
    run = Run(*arguments)
    assert (run.failed, run.code, run.out) == (why, 2, "")


@pytest.mark.parametrize(
    "when", ["yesterday", "2h3m", "0d", "2026-13-01", "2026-11-22", "0001-01-01", "9999999999d", ""]
)
def test_a_since_that_is_no_time_is_refused(clock: Any, when: str) -> None:
    failed = Run("--since", when).failed
    assert failed.startswith(f"Error: argument --since: {when!r} ")
    assert failed.endswith(("or a date and time (2026-11-21T10:30).", "is still to come."))


@pytest.mark.parametrize(
    ("when", "names"), [("90m", "new"), ("2h", "old new"), ("2026-11-21T11:30", "new"), ("2026-11-21", "old new")]
)
def test_since_looks_at_what_was_made_since(
    clock: Any, start: Callable[..., Payment], paytm: Paytm, when: str, names: str
) -> None:
    """The site's time zone is India's: noon there is 6:30 UTC."""
    clock.move_to(NOON - timedelta(hours=1, minutes=50))
    found = {"old": start()}
    clock.shift(timedelta(hours=1, minutes=30))
    found["new"] = start()
    clock.move_to(NOON)
    out = Run("--all", "--dry-run", "--since", when).out
    assert {name for name in found if found[name].gateway_order_id in out} == set(names.split())


def test_an_account_is_looked_at_alone(
    clock: Any, start: Callable[..., Payment], make_order: Callable[..., Order], paytm: Paytm, settings: Any
) -> None:
    default = settings.PAYTM_KIT["ACCOUNTS"]["default"]
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": default, "tickets": default}}
    start()
    wanted = open_payment(make_order(), account="tickets")
    begin(wanted.pk)
    paytm.will_say(payment=wanted)
    run = Run("--all", "--account", "tickets")
    assert run.counts == {"asked": 1, "changed": 1}
    assert wanted.gateway_order_id in run.out


def test_what_the_limit_left_out_is_told(clock: Any, start: Callable[..., Payment], paytm: Paytm) -> None:
    payments = [start(), start(), start()]
    answer_each(paytm, {payment.gateway_order_id: "PENDING" for payment in payments})
    clock.shift(timedelta(minutes=15))
    run = Run("--limit", "1")
    assert (run.counts, run.code) == ({"asked": 1}, 1)
    assert "not reached: 2\n" in run.out
    assert Run("--limit", "2").code == 0


def test_json_is_one_document_and_nothing_else(clock: Any, start: Callable[..., Payment], paytm: Paytm) -> None:
    good, bad = start(), start()
    answer_each(paytm, {good.gateway_order_id: "TXN_SUCCESS", bad.gateway_order_id: requests.ConnectionError(KEY)})
    clock.shift(timedelta(minutes=15))
    listed = json.loads(Run("--json", "--dry-run").out)
    assert [row["name"] for row in listed["due"]] == [good.gateway_order_id, bad.gateway_order_id]
    run = Run("--json")
    said = json.loads(run.out)
    assert (run.code, run.err) == (1, "")
    [error] = said.pop("errors")
    assert error["error"].startswith("Paytm gave no usable answer to status")
    row = {"job": "payments", "what": "499.00 INR"}
    assert error | {"error": ""} == {**row, "name": bad.gateway_order_id, "error": ""}
    assert said == {
        "asked": 2,
        "changed": 1,
        "failed": 1,
        "delivered": 0,
        "undelivered": 0,
        "sent": 0,
        "unsent": 0,
        "posted": 0,
        "unposted": 0,
        "elsewhere": 0,
        "not_reached": 0,
        "left": 1,
        "changes": [{**row, "name": good.gateway_order_id, "before": "processing", "after": "paid"}],
    }


def test_a_dry_run_asks_nobody_and_changes_nothing(clock: Any, start: Callable[..., Payment], paytm: Paytm) -> None:
    payment = start()
    clock.shift(timedelta(minutes=20))
    payment.refresh_from_db()
    due = payment.next_ask_at
    run = Run("--dry-run")
    assert (
        run.out == f"{payment.gateway_order_id}  499.00 INR  processing\nwould be looked at: 1, beyond the limit: 0\n"
    )
    payment.refresh_from_db()
    assert (payment.next_ask_at, payment.asked_at, paytm.asked()) == (due, None, 0)


# ---- What goes wrong


def test_one_payment_that_cannot_be_asked_about_does_not_stop_the_run(
    clock: Any, start: Callable[..., Payment], paytm: Paytm
) -> None:
    first, second, third = start(), start(), start()
    answer_each(
        paytm,
        {
            first.gateway_order_id: "TXN_SUCCESS",
            second.gateway_order_id: requests.ConnectionError(KEY),
            third.gateway_order_id: "TXN_SUCCESS",
        },
    )
    clock.shift(timedelta(minutes=15))
    run = Run()
    assert run.counts == {"asked": 3, "changed": 2, "no answer": 1}
    assert (
        run.failed
        == "Some payments, refunds, messages, announcements, letters or webhooks are left; they are tried again on the "
        "next run."
    )
    assert run.err.startswith(f"{second.gateway_order_id}: Paytm gave no usable answer")
    found = {payment.pk: payment.status for payment in Payment.objects.all()}
    assert found == {first.pk: "paid", second.pk: "processing", third.pk: "paid"}


def test_a_gateway_that_is_down_fails_the_run_and_no_payment(
    clock: Any, start: Callable[..., Payment], paytm: Paytm
) -> None:
    payments = [start(), start()]
    paytm.will_answer("<html>", http_status=502)
    clock.shift(timedelta(minutes=15))
    run = Run()
    assert run.counts == {"asked": 2, "no answer": 2}
    assert run.failed
    for payment in payments:
        payment.refresh_from_db()
        assert payment.status == "processing"
        assert payment.next_ask_at == NOON + timedelta(minutes=30)
    clock.shift(timedelta(minutes=15))
    answer_each(paytm, {payment.gateway_order_id: "TXN_SUCCESS" for payment in payments})
    assert Run().counts == {"asked": 2, "changed": 2}


def test_a_payment_of_an_account_that_is_gone_does_not_stop_the_run(
    clock: Any, start: Callable[..., Payment], make_order: Callable[..., Order], paytm: Paytm, settings: Any
) -> None:

    default = settings.PAYTM_KIT["ACCOUNTS"]["default"]
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": default, "gone": default}}
    lost = open_payment(make_order(), account="gone")
    begin(lost.pk)
    kept = start()
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "ACCOUNTS": {"default": default}}
    answer_each(paytm, {kept.gateway_order_id: "TXN_SUCCESS"})
    clock.shift(timedelta(minutes=15))
    run = Run()
    assert run.counts == {"asked": 2, "changed": 1, "no answer": 1}
    assert 'There is no account "gone"' in run.err


def test_a_waiting_announcement_is_delivered(clock: Any, start: Callable[..., Payment], paytm: Paytm) -> None:
    """The receiver failed at first; the money's commit stood, and the next run tells the shop."""
    payment = start()
    paytm.will_say(payment=payment)

    def broken(**kwargs: Any) -> None:
        raise RuntimeError("the shop's stock system is down")

    clock.shift(timedelta(minutes=15))
    signals.payment_succeeded.connect(broken)
    try:
        Run()
        payment.refresh_from_db()
        assert payment.is_paid
        assert Order.objects.get(pk=payment.object_id).paid_at is None
        clock.shift(timedelta(minutes=5))
        run = Run()
        assert run.counts == {"waiting": 1}
        assert run.failed
    finally:
        signals.payment_succeeded.disconnect(broken)
    clock.shift(timedelta(minutes=30))
    run = Run()
    assert (run.counts, run.failed) == ({"delivered": 1}, "")
    assert Order.objects.get(pk=payment.object_id).paid_at is not None


def test_a_row_that_breaks_the_kit_itself_stops_no_other(
    clock: Any, start: Callable[..., Payment], paytm: Paytm, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = start(), start()
    answer_each(paytm, {payment.gateway_order_id: "TXN_SUCCESS" for payment in (first, second)})
    sound = confirm.ask

    def ask(payment: Payment, **how: Any) -> Payment:
        return 1 / 0 if payment == first else sound(payment, **how)

    monkeypatch.setattr(confirm, "ask", ask)
    clock.shift(timedelta(minutes=15))
    run = Run()
    assert (run.counts, run.code) == ({"asked": 2, "changed": 1, "no answer": 1}, 1)
    assert f"{first.gateway_order_id}: ZeroDivisionError: division by zero (a defect" in run.err


# ---- Stopped


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_stop_it_finishes_the_payment_in_hand_and_leaves_the_others_due(
    clock: Any, start: Callable[..., Payment], paytm: Paytm, number: signal.Signals
) -> None:
    payments = [start(), start(), start()]
    listening = signal.getsignal(number)

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        os.kill(os.getpid(), number)
        return 200, {}, status_text(payments[0].gateway_order_id)

    paytm.wire.add_callback("POST", "https://gateway.example/v3/order/status", callback=answer)
    clock.shift(timedelta(minutes=15))
    run = Run()
    assert (run.counts, run.code) == ({"asked": 1, "changed": 1}, 1)
    assert "not reached: 2\n" in run.out
    assert signal.getsignal(number) is listening
    assert list(Payment.objects.order_by("pk").values_list("status", flat=True)) == ["paid", "processing", "processing"]

    answer_each(paytm, {payment.gateway_order_id: "PENDING" for payment in payments})
    assert (Run().counts, paytm.asked()) == ({"asked": 2}, 2)


def test_a_second_signal_ends_at_once() -> None:
    with stopping.on_signal() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(5)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


# ---- What a person sees


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_a_bar_grows_below_the_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    with progress.lines(OutputWrapper(out), 2, "reconcile") as step:
        step("first [line]")
        step("second line")
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", out.getvalue()).replace("\r", "\n")
    assert "first [line]\n" in lines
    assert "reconcile" in lines
    assert "2/2" in lines


@pytest.mark.parametrize("watched", [True, False], ids=["without rich", "not a terminal"])
def test_otherwise_there_are_lines_only(watched: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if watched:
        monkeypatch.setitem(sys.modules, "rich", None)
    out = Terminal() if watched else io.StringIO()
    with progress.lines(OutputWrapper(out), 1, "reconcile") as step:
        step("one line")
    assert out.getvalue() == "one line\n"
