"""One attack as it is played: the shopper, the bank and the messages; and what is judged, by the bank's own books."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from paytm_kit.simulator.examine import forge
from paytm_kit.simulator.examine.control import Control
from paytm_kit.simulator.examine.plan import CannotRun, Plan
from paytm_kit.simulator.examine.site import Belief, Look, Purchase, Site
from paytm_kit.simulator.examine.wire import Answer, Message

CALLBACK, WEBHOOK = "callback", "webhook"
BOTH = (CALLBACK, WEBHOOK)
LOOK_EVERY = 0.2  # seconds
PLEASE_RETRY = 503


class Kind(StrEnum):
    """What can be wrong, the worst first."""

    LET_THROUGH = "let through"  # it says paid, and the bank has not captured the full amount
    LOST = "lost"  # it does not say paid, although the bank has the money and the site was told
    ERROR = "error 500"  # an answer was a 5xx, or there was none
    SLOW = "slow"


class Finding(NamedTuple):
    kind: Kind
    text: str


class NotPossible(Exception):
    """This attack cannot be played here; ``str()`` says what would make it possible."""


class Scene:
    """Plays one attack and collects what was found."""

    def __init__(self, site: Site, control: Control, plan: Plan) -> None:
        self._site, self._control, self._plan = site, control, plan
        self.findings: list[Finding] = []
        self.trace: list[str] = []
        self._purchases: list[Purchase] = []
        self.seen_paid = False

    @property
    def webhook(self) -> bool:
        """Whether the site has a webhook to tell."""
        return bool(self._plan.webhook_url)

    def close(self) -> None:
        for purchase in self._purchases:
            purchase.session.close()

    # ---- what is played ---------------------------------------------------------------------------------------

    def buy(self) -> Purchase:
        """A fresh order at the gateway's door."""
        purchase = self._site.begin()
        self._purchases.append(purchase)
        self.trace.append(f"order {purchase.order_id} over {purchase.amount} begun")
        return purchase

    def bank(self, purchase: Purchase, outcome: str, amount: str | None = None) -> dict[str, str]:
        """The shopper pays, the bank answers. Returns the signed callback, which nobody has brought yet."""
        fields = self._control.pay(purchase.order_id, outcome, amount)
        self.trace.append(f"bank: {outcome}{f', captured {amount} only' if amount else ''}")
        return fields

    def settle(self, purchase: Purchase, outcome: str) -> dict[str, str]:
        """The bank's late answer to a pending payment. Returns the signed callback about it."""
        self._control.settle(purchase.order_id, outcome)
        self.trace.append(f"bank, late: {outcome}")
        return self.truth(purchase)

    def truth(self, purchase: Purchase) -> dict[str, str]:
        """What Paytm would say of the order now, signed."""
        order = self.order(purchase)
        states = {row["status"]: row for row in order["transactions"]}
        decisive = states.get("success") or order["transactions"][-1]
        return forge.sign(forge.fields_of(order, decisive), self._plan.key)

    def material(self, purchase: Purchase, genuine: Mapping[str, str], other: Mapping[str, str]) -> forge.Material:
        return forge.Material(
            genuine=dict(genuine),
            success=forge.as_success(genuine, purchase.amount),
            other=dict(other),
            key=self._plan.key,
            amount=purchase.amount,
        )

    def signed_success(self, purchase: Purchase, genuine: Mapping[str, str]) -> dict[str, str]:
        """What nobody but Paytm could write: everything paid, and signed."""
        return forge.sign(forge.as_success(genuine, purchase.amount), self._plan.key)

    def unpaid(self, purchase: Purchase) -> dict[str, str]:
        """A signed "pending" about an order that nobody has tried to pay."""
        nobody = {"status": "started", "txn_id": "20310102111212800110168000000000001", "amount": purchase.amount}
        row = nobody | {"mode": "UPI", "respcode": "", "bank_txn_id": ""}
        return forge.sign(forge.fields_of(self.order(purchase), row), self._plan.key)

    def tell(
        self, purchase: Purchase, fields: Mapping[str, str], via: tuple[str, ...] = BOTH, *, down: bool = False
    ) -> None:
        """A message that Paytm itself would bring. ``down``: the status API is, so 503 is a fair answer."""
        if CALLBACK in via:
            self.send(purchase, forge.form(fields, f"signed {fields['STATUS']}"), (CALLBACK,), down=down)
        if WEBHOOK in via and self.webhook:
            fields = forge.as_webhook(fields, self._plan.key)
            self.send(purchase, forge.form(fields, f"signed {fields['STATUS']}"), (WEBHOOK,), down=down)

    def send(self, purchase: Purchase, message: Message, via: tuple[str, ...] = BOTH, *, down: bool = False) -> None:
        """Any message, to the callback, and to the webhook if there is one."""
        if CALLBACK in via:
            self._judge_pages("callback", message, self._site.callback(purchase, message), down)
        if WEBHOOK in via and self.webhook:
            self._judge("webhook", message, self._site.webhook(message), down)

    def at_once(self, purchase: Purchase, fields: Mapping[str, str], times: int) -> None:
        """The same truth many times at the same moment, half of it by webhook."""
        signed = forge.form(fields, "signed, at once")
        hook = forge.form(forge.as_webhook(fields, self._plan.key), "signed, at once")

        def one(number: int) -> tuple[str, list[Answer]]:
            if number % 2 and self.webhook:
                return WEBHOOK, [self._site.webhook(hook)]
            return CALLBACK, self._site.callback(purchase, signed)

        with ThreadPoolExecutor(max_workers=times) as pool:
            for channel, answers in pool.map(one, range(times)):
                self._judge_pages(channel, signed, answers, down=False)

    @contextmanager
    def fault(self, name: str, order_id: str, **values: Any) -> Iterator[None]:
        """The simulator has this fault meanwhile."""
        if not self._control.has_faults:
            raise NotPossible("this simulator has no /_sim/faults; use a newer one")
        self._control.set_fault(name, order_id, values)
        self.trace.append(f"fault {name} on")
        try:
            yield
        finally:
            self._control.clear_faults()
            self.trace.append(f"fault {name} off")

    # ---- what is judged ---------------------------------------------------------------------------------------

    def order(self, purchase: Purchase) -> dict[str, Any]:
        """The order in the bank's books."""
        order = self._control.order(purchase.order_id)
        if order is None:
            raise CannotRun(f"The simulator forgot order {purchase.order_id}: was it reset meanwhile? Run again.")
        return order

    def captured(self, purchase: Purchase) -> bool:
        """Whether the bank has taken the full amount."""
        order = self.order(purchase)
        return Decimal(order["captured_amount"]) >= Decimal(order["amount"])

    def must_not_be_paid(self, purchase: Purchase, *, nor_failed: bool = False) -> None:
        """The site gets a moment to fall for it, then it is asked."""
        time.sleep(self._plan.pause)
        look = self._look(purchase)
        if (look.belief is Belief.PAID or look.granted) and not self.captured(purchase):
            order = self.order(purchase)
            self._found(
                Kind.LET_THROUGH,
                f"it says paid; the bank has captured {order['captured_amount']} of {order['amount']}"
                f" ({order['status']})",
            )
        if nor_failed and look.belief is Belief.FAILED:
            self._found(Kind.LOST, "it calls the payment failed, although nobody said so")

    def must_not_be_failed(self, purchase: Purchase) -> None:
        time.sleep(self._plan.pause)
        if self._look(purchase).belief is Belief.FAILED:
            self._found(Kind.LOST, "it calls the payment failed, although nobody said so")

    def must_be_paid(self, purchase: Purchase, *, after: str = "it was told", once: bool = False) -> None:
        """Within its patience; then once more after a re-check, when a way was given. ``once``: and granted once."""
        if not self.captured(purchase):
            raise CannotRun(f"The simulator has not captured order {purchase.order_id}; its log says why.")
        look = self._until_paid(purchase)
        if look.belief is not Belief.PAID and self._site.recheck(purchase) is not None:
            self.trace.append("re-check asked for")
            look = self._until_paid(purchase)
        if look.belief is not Belief.PAID:
            said = f"the bank has the money and {after}, but it says {look.belief} (answer {look.answer.said})"
            self._found(Kind.LOST, said)
        elif once:
            self._granted_once(look)

    def must_stay_paid(self, purchase: Purchase, *, once: bool = False) -> None:
        """After everything that came since."""
        time.sleep(self._plan.pause)
        look = self._look(purchase)
        if look.belief is not Belief.PAID:
            self._found(Kind.LOST, f"it was paid and the bank has the money, but now it says {look.belief}")
        elif once:
            self._granted_once(look)

    def _granted_once(self, look: Look) -> None:
        if look.granted is not None and look.granted != 1:
            self._found(Kind.LET_THROUGH, f"paid once, granted {look.granted} times")

    def carried(self, purchase: Purchase) -> None:
        """Judges what the site answered to messages that the simulator carried by itself.

        No answer is none of its faults here: a test server with one thread waits for initiate at that moment.
        """
        for message in self._control.conversation(purchase.order_id):
            if message["direction"] == "out" and message["http_status"]:
                answer = Answer(message["url"], message["http_status"])
                self._judge("carried by the simulator", Message(""), answer, down=False)

    def broke(self, why: str) -> None:
        """The site could not even begin the payment."""
        self._found(Kind.ERROR, why)

    def _until_paid(self, purchase: Purchase) -> Look:
        end = time.monotonic() + self._plan.patience
        look = self._look(purchase)
        while look.belief is not Belief.PAID and time.monotonic() < end:
            time.sleep(LOOK_EVERY)
            look = self._look(purchase, quiet=True)
        return look

    def _look(self, purchase: Purchase, *, quiet: bool = False) -> Look:
        look = self._site.look(purchase)
        self.seen_paid = self.seen_paid or look.belief is Belief.PAID
        if not quiet:
            granted = "" if look.granted is None else f"; granted: {look.granted}"
            self.trace.append(f"the site says: {look.belief}{granted}")
            self._judge("status page", Message(""), look.answer, down=True)
        return look

    def _judge_pages(self, channel: str, message: Message, answers: list[Answer], down: bool) -> None:
        self._judge(channel, message, answers[0], down)
        for page in answers[1:]:
            self._judge(f"page after the {channel}", message, page, down)

    def _judge(self, channel: str, message: Message, answer: Answer, down: bool) -> None:
        where = f"{channel}, {message.what}" if message.what else channel
        self.trace.append(f"{where}: {answer.said}")
        fair = down and answer.status == PLEASE_RETRY
        if not answer.status or (answer.status >= 500 and not fair):
            self._found(Kind.ERROR, f"{where}: {answer.said}")
        elif answer.seconds > self._plan.slow:
            self._found(Kind.SLOW, f"{where}: {answer.seconds:.1f} s")

    def _found(self, kind: Kind, text: str) -> None:
        self.findings.append(Finding(kind, text))
