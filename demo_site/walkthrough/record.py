"""All that is on record about one payment, read once, and which message belongs to which step."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from demo_site.shop.models import Order
from demo_site.walkthrough.checks import body_of
from demo_site.walkthrough.models import Trace, Trial
from paytm_kit.models import Payment, PaymentEvent, WireMessage

LEGACY = "legacy"
DECIDING = ("TXN_SUCCESS", "TXN_FAILURE")
MOST = 500  # messages that are looked at


class Record:
    """The rows of one payment. Nothing is asked of anybody."""

    def __init__(self, payment: Payment) -> None:
        self.payment = payment

    @cached_property
    def order(self) -> Order:
        order = self.payment.order
        assert isinstance(order, Order)  # access.may_watch
        return order

    @cached_property
    def messages(self) -> list[WireMessage]:
        return list(self.payment.wire_messages.order_by("pk")[:MOST])

    @cached_property
    def events(self) -> list[PaymentEvent]:
        return list(self.payment.events.select_related("announcement").prefetch_related("letters"))

    @cached_property
    def traces(self) -> list[Trace]:
        return list(Trace.objects.filter(payment=self.payment)[: 2 * MOST])

    @cached_property
    def tried(self) -> set[int]:
        """Messages that a button of this page made."""
        trials = Trial.objects.filter(payment=self.payment).values_list("heard", flat=True)
        return {item["message"] for heard in trials for item in heard}

    @property
    def is_legacy(self) -> bool:
        return self.payment.flow == LEGACY

    # ---- which message belongs to which step ----------------------------------------------------------------------

    @cached_property
    def initiate(self) -> WireMessage | None:
        """The call that got the token: the last one, if there were several."""
        return self._best(reversed(self._of("initiate")))

    @cached_property
    def form(self) -> Trace | None:
        """What the page sends with the browser, as it was made last."""
        return next((trace for trace in reversed(self.traces) if trace.channel == "form"), None)

    @cached_property
    def callback(self) -> WireMessage | None:
        """The first that was the gateway's; without one, the first that came from elsewhere than this page."""
        return self._best(self._of("callback"))

    @cached_property
    def webhook(self) -> WireMessage | None:
        """Likewise."""
        return self._best(self._of("webhook"))

    @cached_property
    def status(self) -> WireMessage | None:
        """The question whose answer decided: the first success, else the first failure; else the last question."""
        asked = self._of("status")
        decided = (message for word in DECIDING for message in asked if result_of(message) == word)
        return next(decided, asked[-1] if asked else None)

    @cached_property
    def signed(self) -> Trace | None:
        """What the shop signed to begin the payment: the body of initiate, or the classic form."""
        return self.form if self.is_legacy else self.trace(self.initiate, "request")

    def trace(self, message: WireMessage | None, part: str) -> Trace | None:
        if message is None:
            return None
        return next((trace for trace in self.traces if (trace.message_id, trace.part) == (message.pk, part)), None)

    def asked_because_of(self, message: WireMessage) -> WireMessage | None:
        """The question that this message led to: both carry the same correlation id."""
        same = (asked for asked in self._of("status") if asked.correlation_id == message.correlation_id)
        return next(same, None)

    def _of(self, channel: str) -> list[WireMessage]:
        return [message for message in self.messages if message.channel == channel]

    def _best(self, messages: Iterable[WireMessage]) -> WireMessage | None:
        found = list(messages)
        good = (message for message in found if message.verdict == WireMessage.Verdict.VERIFIED)
        strange = (message for message in found if message.pk not in self.tried)
        return next(good, None) or next(strange, None)


def result_of(message: WireMessage) -> str:
    """The gateway's word in an answer: TXN_SUCCESS, PENDING and others; empty when there is none."""
    info = body_of(message.response_body).get("resultInfo")
    return str(info.get("resultStatus", "")) if isinstance(info, dict) else ""
