"""The "break it" buttons as a table: what each does, when it can be pressed, and what it teaches."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.management import CommandError, call_command
from django.utils.translation import gettext_lazy as _

from demo_site.walkthrough import forging, needs
from demo_site.walkthrough.blocks import Text
from demo_site.walkthrough.forging import CALLBACK, OTHER_KEY, WEBHOOK
from demo_site.walkthrough.record import Record
from demo_site.walkthrough.simulator import Simulator
from paytm_kit.models import Payment
from paytm_kit.simulator.triggers.message import Message


@dataclass
class Scene:
    """One press of a button. ``victim`` is another payment of the same shopper, for attacks that need one."""

    record: Record
    victim: Payment | None = None
    sent: list[dict[str, Any]] = field(default_factory=list)
    said: str = ""

    @property
    def payment(self) -> Payment:
        return self.record.payment

    def genuine(self) -> Message:
        message = forging.genuine(self.record)
        assert message is not None  # needs.NEEDS
        return message

    def post(self, message: Message, *, true: Message | None = None, times: int = 1) -> None:
        """To the callback and to the webhook address, as often as said."""
        target = self.victim or self.payment
        both = [(channel, message) for channel in (CALLBACK, WEBHOOK) for _ in range(times)]
        self.sent += forging.post(target, both, true)

    def pay(self, **how: Any) -> None:
        simulator = Simulator(self.payment)
        simulator.pay(**how)
        fields = [[name, value if isinstance(value, str) else json.dumps(value)] for name, value in how.items()]
        self.sent.append({"to": "simulator", "url": simulator.url, "fields": fields, "marked": []})


@dataclass(frozen=True, slots=True)
class Attempt:
    """``held`` is why nothing happens although every check passed; ``code`` where it is decided: file, function.

    ``need`` is a name of ``needs.NEEDS``. ``over`` tells, of a payment, whether what the button set in motion has
    arrived; the page waits for it a little.
    """

    name: str
    title: Text
    does: Text
    held: Text
    need: str
    act: Callable[[Scene], None]
    code: tuple[tuple[str, str], ...] = ()
    over: Callable[[Payment], bool] | None = None
    has_victim: bool = False


def _tamper(how: str) -> Callable[[Scene], None]:
    def act(scene: Scene) -> None:
        true = scene.genuine()
        scene.post(forging.tampered(true, how), true=true)

    return act


def _unsigned(scene: Scene) -> None:
    scene.post(forging.made_up(scene.payment))


def _foreign_key(scene: Scene) -> None:
    scene.post(forging.made_up(scene.payment, OTHER_KEY))


def _other_order(scene: Scene) -> None:
    assert scene.victim is not None
    true = scene.genuine()
    scene.post(forging.about(true, scene.victim), true=true)


def _replay(scene: Scene) -> None:
    scene.post(scene.genuine(), true=scene.genuine(), times=3)


def _lose(scene: Scene) -> None:
    scene.pay(outcome="success", deliver=[])


def _silence(scene: Scene) -> None:
    simulator = Simulator(scene.payment)
    with simulator.fault("status.error"):
        fault = [["fault", "status.error"]]
        scene.sent.append({"to": "simulator", "url": simulator.url, "fields": fault, "marked": []})
        scene.pay(outcome="success", deliver=["callback"])


def _reconcile(scene: Scene) -> None:
    out = io.StringIO()
    try:
        call_command("paytm_reconcile", all=True, since=scene.payment.created_at, limit=50, stdout=out, stderr=out)
    except CommandError as error:
        out.write(str(error))
    scene.sent.append({"to": "command", "url": "manage.py paytm_reconcile --all", "fields": [], "marked": []})
    own = ("asked ", scene.payment.gateway_order_id)  # other people's payments are not told of here
    scene.said = "\n".join(line for line in out.getvalue().splitlines() if line.startswith(own))


def _pending(scene: Scene) -> None:
    scene.pay(outcome="pending", settles_as="success", deliver=["callback", "webhook"])


def _bank_answers(scene: Scene) -> None:
    simulator = Simulator(scene.payment)
    seconds = simulator.let_the_bank_answer()
    scene.sent.append(
        {"to": "simulator", "url": simulator.url, "fields": [["advance_seconds", str(seconds)]], "marked": []}
    )


def _wrong_amount(scene: Scene) -> None:
    scene.pay(outcome="success", amount="1.00", deliver=["callback", "webhook"])


NOTICES, INTAKE = "paytm_kit/gateways/paytm/notices.py", "paytm_kit/services/intake.py"
CONFIRM, TRANSITIONS = "paytm_kit/services/confirm.py", "paytm_kit/ledger/transitions.py"
SIGNATURE = (("paytm_kit/checksum/scheme.py", "verify"), (INTAKE, "_unproven"))
UNPROVEN = _("A message that proves nothing changes nothing. Of an open payment the gateway is asked, at most.")

ALL = (
    Attempt(
        "amount",
        _("Change the amount"),
        _("The true message with another amount, its old signature under it: what a shopper can do in the browser."),
        UNPROVEN,
        "genuine",
        _tamper("amount"),
        SIGNATURE,
    ),
    Attempt(
        "status",
        _("Turn the result round"),
        _("The true message says success where it said failure, and failure where it said success."),
        UNPROVEN,
        "genuine",
        _tamper("status"),
        SIGNATURE,
    ),
    Attempt(
        "twice",
        _("Send the amount twice"),
        _("The amount stands in the form a second time. Frameworks differ in which of the two they read."),
        UNPROVEN,
        "genuine",
        _tamper("repeat-field"),
        ((NOTICES, "_form"),),
    ),
    Attempt(
        "other-order",
        _("Use it for another order"),
        _("We place a second order like this one, and send this payment's true message with that order's id in it."),
        UNPROVEN,
        "genuine",
        _other_order,
        SIGNATURE,
        has_victim=True,
    ),
    Attempt(
        "replay",
        _("Send it again, six times"),
        _("The true message, unchanged: three times as a callback, three times as a webhook."),
        _(
            "Each message is true and is stored. But this transaction is in the ledger already, so there is nothing "
            "to ask and nothing to write."
        ),
        "genuine",
        _replay,
        ((CONFIRM, "worth_asking"), ("paytm_kit/ledger/entries.py", "_append")),
    ),
    Attempt(
        "unsigned",
        _("Make up a success, unsigned"),
        _("A success with this order id and amount, and no CHECKSUMHASH: what anybody can write."),
        UNPROVEN,
        "started",
        _unsigned,
        ((INTAKE, "_unproven"),),
    ),
    Attempt(
        "foreign-key",
        _("Make up a success, signed with another key"),
        _("Well formed in every way, by somebody who has a merchant key, but not yours."),
        UNPROVEN,
        "started",
        _foreign_key,
        SIGNATURE,
    ),
    Attempt(
        "lose",
        _("Pay, and lose the callback"),
        _("The shopper pays and closes the browser; the webhook gets lost as well. Nobody tells this shop."),
        _("Nothing came, so nothing changed: the money is at the gateway, and the payment waits. Now ask, below."),
        "open",
        _lose,
        (("paytm_kit/ledger/ladder.py", "next_ask"),),
    ),
    Attempt(
        "silence",
        _("Pay while the gateway gives no answer"),
        _("The callback comes, truly signed, but the gateway's status API is down: every question ends in an error."),
        _("No answer means unknown, never paid and never failed. The shopper reads to wait; now ask again, below."),
        "open",
        _silence,
        ((CONFIRM, "ask"), (INTAKE, "_ask")),
    ),
    Attempt(
        "reconcile",
        _("Ask the gateway (reconcile)"),
        _("What runs every five minutes in a real shop: it asks about what is open. Here it does not wait."),
        _("The gateway knows nothing new, so nothing changed."),
        "unpaid",
        _reconcile,
        (("paytm_kit/services/reconcile.py", "run"), (CONFIRM, "ask")),
    ),
    Attempt(
        "pending",
        _("Pay, and let the bank take its time"),
        _("The bank says neither yes nor no. The callback says PENDING, and so does the gateway."),
        _("Pending is neither paid nor failed: the payment stays open, and nobody can pay a second time meanwhile."),
        "open",
        _pending,
        ((TRANSITIONS, "_pending"),),
        over=needs.has_moved,
    ),
    Attempt(
        "bank",
        _("Let the bank answer"),
        _("Moves the simulator's clock on until the pending payment succeeds. Its webhook then comes here."),
        _("Nothing has come yet. Look again in a moment, or ask the gateway."),
        "pending",
        _bank_answers,
        ((INTAKE, "receive"), (CONFIRM, "ask")),
        over=lambda payment: payment.is_paid,
    ),
    Attempt(
        "wrong-amount",
        _("Pay one rupee"),
        _("The bank takes ₹1.00 and says so, truly signed: what happens when the amount was changed before signing."),
        _("The amount is not that of the order."),
        "open",
        _wrong_amount,
        ((TRANSITIONS, "_mismatches"),),
        over=needs.has_moved,
    ),
)
BY_NAME = {attempt.name: attempt for attempt in ALL}
