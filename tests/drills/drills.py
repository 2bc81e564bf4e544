"""The table of crash drills: who dies on whose behalf, at which steps; and one drill from the order to the verdict.

The victims die one after the other, each over an order of its own. Then all are back, reconcile runs once, and
everything must agree; and once more when what the gateway sends again has come late.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL
from typing import Any

import requests

from paytm_kit.models import Refund
from tests.brokers.site import Program
from tests.drills import mortal, steps, truth
from tests.drills.mortal import CONNECTION, KILL
from tests.drills.place import WITHIN, Place, make_order
from tests.machine.crashes import CHECKOUT, MESSAGE, REFUND
from tests.run import REDIS

HOUR = 3600  # seconds
AMOUNT, PART = "499.00", "120.50"  # rupees: of an order, and what goes back of it
READY = r"@\S+ ready"  # what a Celery worker prints
WEB, WORKER, COMMAND = "web", "worker", "command"  # roles: whose order file a process reads


@dataclass(frozen=True)
class Victim:
    """``name`` heads its column. ``die`` leads one order to the step; ``few``: its steps in the short form."""

    name: str
    role: str
    how: str
    die: Callable[[Drill, Victim, str], None]
    steps: tuple[str, ...]
    few: tuple[str, ...] = ()


@dataclass
class Drill:
    """One place with its programs; ``hours``: how far the clocks have been moved."""

    place: Place
    worker: Program | None = None
    hours: int = 0
    orders: dict[tuple[str, str], int] = field(default_factory=dict)  # by victim and step: the order's primary key
    wrong: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    beside: list[str] = field(default_factory=list)  # what is wrong and belongs to no single step

    @property
    def fine(self) -> bool:
        return not any(self.wrong.values()) and not self.beside

    # ---- running ---------------------------------------------------------------------------------------------

    def run(self, victim: Victim, chosen: tuple[str, ...]) -> None:
        """Each step once, over an order of its own."""
        for step in chosen:
            wrong = self.wrong[victim.name, step] = []
            try:
                victim.die(self, victim, step)
                self._died(victim)
            except (AssertionError, requests.RequestException) as error:
                wrong.append(f"{type(error).__name__}: {error}")
            finally:
                mortal.forget(self.order_file(victim.role))

    def recover(self) -> None:
        """Reconcile once, an hour later; then comes what the gateway sends again, and changes nothing."""
        self.hours += 1
        status, said = self.reconcile()
        if status != 0:
            self.beside.append(f"reconcile ended with {status}: {said}")
        self._compare()
        self.place.simulator("POST", "clock", {"advance_seconds": HOUR})
        self._compare("after late messages: ")

    def _died(self, victim: Victim) -> None:
        pid = mortal.taken_by(self.order_file(victim.role))
        assert pid is not None, "nobody came by this step"
        if victim.how == KILL:
            wait(lambda: not _lives(pid), f"process {pid} to die")

    def _compare(self, when: str = "") -> None:
        found = truth.differences(self.place.books())
        for drilled, wrongs in self.wrong.items():
            wrongs += [f"{when}{why}" for why in found.pop(self.orders.get(drilled, truth.UNKNOWN), [])]
        self.beside += [f"{when}{why}" for whys in found.values() for why in whys]

    # ---- what victims do -------------------------------------------------------------------------------------

    def arm(self, victim: Victim, step: str) -> None:
        """The next process of the victim's role that comes by dies there."""
        mortal.give(self.order_file(victim.role), victim.how, step)

    def came_by(self, victim: Victim) -> None:
        """Waits for it."""
        wait(lambda: mortal.taken_by(self.order_file(victim.role)), "somebody to come by this step")

    def bought(self, victim: Victim, step: str) -> str:
        """An order whose shopper is at the gateway's page. Returns the gateway order id."""
        order_id = self.place.check_out(self.order(victim, step))
        assert order_id, "the shop does not lead to the gateway's page"
        return order_id

    def order(self, victim: Victim, step: str) -> Any:
        order = make_order(AMOUNT)
        self.orders[victim.name, step] = order.pk
        return order

    def order_file(self, role: str) -> Path:
        return self.place.folder / role

    def reconcile(self) -> tuple[int, str]:
        return self.command("paytm_reconcile")

    def command(self, *words: str) -> tuple[int, str]:
        """As a process of its own; its clock has moved with all the drills."""
        environ = {"DRILL_ORDER": str(self.order_file(COMMAND)), "DRILL_AHEAD": str(self.hours * HOUR)}
        return self.place.manage(*words, **environ)

    @contextmanager
    def shop(self, *, queued: bool = False) -> Iterator[None]:
        """Two web workers; ``queued``: webhooks go to a Celery worker, on Redis."""
        environ = {"PAYTM_WEBHOOKS_IN_BACKGROUND": str(queued).lower()}
        if queued:
            environ |= {"CELERY_BROKER_URL": REDIS, "CELERY_QUEUE": self.place.name}
        os.environ.update(environ)
        if queued:
            self.start_worker()
        web = self.place.start_web(2, DRILL_ORDER=str(self.order_file(WEB)))
        try:
            if self.worker:
                self.worker.wait_for(READY)
            yield
        finally:
            self.place.end([program for program in (web, self.worker) if program])
            self.worker = None

    def start_worker(self) -> Program:
        """It has no children: what is killed is the whole worker, and Redis keeps its message back."""
        if self.worker is not None:
            self.place.end([self.worker])
        self.worker = self.place.start(
            "celery", "-A", "demo_site", "worker", "--pool", "solo", "--without-gossip", "--without-mingle",
            "--loglevel", "INFO", DRILL_ORDER=str(self.order_file(WORKER)),
        )  # fmt: skip
        return self.worker


def wait(ready: Callable[[], Any], what: str) -> None:
    ends = time.monotonic() + WITHIN
    while not ready():
        assert time.monotonic() < ends, f"waited {WITHIN:.0f} seconds for {what}"
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# ---- the ways to die -----------------------------------------------------------------------------------------------


def over_a_webhook(drill: Drill, victim: Victim, step: str) -> None:
    """The simulator's clock stands still, so that it is not sent again by itself."""
    order_id = drill.bought(victim, step)
    drill.arm(victim, step)
    drill.place.pay(order_id, "webhook")
    drill.came_by(victim)


def over_a_callback(drill: Drill, victim: Victim, step: str) -> None:
    order_id = drill.bought(victim, step)
    drill.arm(victim, step)
    drill.place.pay(order_id, "callback")


def over_a_task(drill: Drill, victim: Victim, step: str) -> None:
    """The whole Celery worker dies; another one is started, while Redis keeps the message of the dead one back."""
    over_a_webhook(drill, victim, step)
    if victim.how == KILL and drill.worker is not None:
        assert drill.worker.process.wait(timeout=WITHIN) == -SIGKILL
        drill.start_worker().wait_for(READY)


def over_a_reconcile(drill: Drill, victim: Victim, step: str) -> None:
    """The shop hears nothing of the payment. What earlier victims had in hand is theirs until their lease is over."""
    drill.place.pay(drill.bought(victim, step))
    drill.arm(victim, step)
    status, said = drill.reconcile()
    assert (status == -SIGKILL) == (victim.how == KILL), f"ended with {status}: {said}"


def over_a_refund(drill: Drill, victim: Victim, step: str) -> None:
    """Somebody refunds by command, and once more where its death left nothing written."""
    order_id = drill.bought(victim, step)
    drill.place.pay(order_id, "callback")
    refund = ("paytm_refund", order_id, "--amount", PART, "--reason", "The customer changed their mind")
    drill.arm(victim, step)
    status, said = drill.command(*refund)
    assert (status == -SIGKILL) == (victim.how == KILL), f"ended with {status}: {said}"
    if not _refunds_of(order_id):
        drill.command(*refund)
    assert _refunds_of(order_id) == 1


def _refunds_of(order_id: str) -> int:
    return Refund.objects.filter(payment__gateway_order_id=order_id).count()


def over_a_checkout(drill: Drill, victim: Victim, step: str) -> None:
    """The worker dies over the shopper's click on "Pay"; the shopper clicks again, and pays."""
    order = drill.order(victim, step)
    drill.arm(victim, step)
    try:
        drill.place.check_out(order)
    except requests.ConnectionError:
        pass
    else:
        raise AssertionError("the shopper got an answer")
    drill.place.pay(drill.place.check_out(order), "callback")


FEW = steps.FEW
TASK = (*steps.HEARD, steps.LEFT_OPEN)
RECONCILED = (steps.TAKEN, *steps.HEARD)
REFUNDED = tuple(REFUND)
HEARING = tuple(MESSAGE)

# Reconcile comes first: of later victims it would see to what they left.
IN_PROCESS = (
    Victim("reconcile", COMMAND, KILL, over_a_reconcile, RECONCILED, FEW[3:]),
    Victim("its database", COMMAND, CONNECTION, over_a_reconcile, RECONCILED, FEW[3:4]),
    Victim("web, webhook", WEB, KILL, over_a_webhook, HEARING, FEW),
    Victim("web, callback", WEB, KILL, over_a_callback, HEARING, FEW[1:2]),
    Victim("web's database", WEB, CONNECTION, over_a_webhook, HEARING, FEW),
    Victim("checkout", WEB, KILL, over_a_checkout, tuple(CHECKOUT)),
    Victim("refund", COMMAND, KILL, over_a_refund, REFUNDED, REFUNDED[3:4]),
    Victim("refund's database", COMMAND, CONNECTION, over_a_refund, REFUNDED),
)
QUEUED = (
    Victim("Celery", WORKER, KILL, over_a_task, TASK, FEW[2:3]),
    Victim("Celery's database", WORKER, CONNECTION, over_a_task, TASK, FEW[3:4] + FEW[5:]),
)


def run(place: Place, *, short: bool, say: Callable[[str], None]) -> Drill:
    """All of the table, or its short form: first who works without a queue, then the Celery worker."""
    drill = Drill(place)
    place.simulator("POST", "clock", {"frozen": True})
    for queued, victims in ((False, IN_PROCESS), (True, QUEUED)):
        with drill.shop(queued=queued):
            drill.hours += 1
            for victim in victims:
                if chosen := victim.few if short else victim.steps:
                    began = time.monotonic()
                    drill.run(victim, chosen)
                    say(f"{victim.name}: {len(chosen)} deaths in {time.monotonic() - began:.1f} s")
            began = time.monotonic()
            drill.recover()
            say(f"restart and reconcile: {time.monotonic() - began:.1f} s")
    return drill
