"""A gateway without a network: it stands in for Paytm inside the test process and says what the test tells it to say.

With pytest the fixture ``paytm_gateway`` gives it; without::

    with faked() as gateway, override_settings(PAYTM_KIT=gateway.settings()):
        gateway.say(payment, "failure")

It is for a shop's fast tests: what does my code do when the answer is this? It checks no fields, has no pages and keeps
no clock; the simulator has all that (``paytm_kit.testing.simulator``). Callbacks and webhooks are read and verified by
the real code with the account's key (``paytm_kit.testing.callbacks`` makes them).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from paytm_kit import gateways
from paytm_kit.gateways.base import (
    Account,
    BrokenEntry,
    Exchange,
    Flow,
    Gateway,
    GatewayError,
    InboundMessage,
    ListedOrder,
    ListedRefund,
    Notice,
    Observer,
    Outcome,
    Redirect,
    RefundOutcome,
    RefundRequest,
    SettlementEntry,
    StartRequest,
    State,
    Verdict,
)
from paytm_kit.gateways.paytm import PaytmGateway, codes
from paytm_kit.models import Payment, Refund
from paytm_kit.services import journal
from paytm_kit.testing import outcomes

HOST = "https://gateway.example"
MERCHANT_ID, MERCHANT_KEY = "TESTMID0000000000001", "test#Key&1@paytm"
NAME = "paytm"  # of the gateway whose place it takes


@dataclass(frozen=True, slots=True)
class Call:
    """One question that the kit asked: the operation's name as in ``gateways.base.Gateway``, and about what."""

    operation: str
    order_id: str


@dataclass
class FakePaytm:
    """What the fake says, and what it was asked. One for all accounts; empty for every test."""

    calls: list[Call] = field(default_factory=list)  #: everything that was asked, in order
    settlements: dict[date, Sequence[SettlementEntry | BrokenEntry]] = field(default_factory=dict)  #: by payout day
    _outcomes: dict[str, Outcome | GatewayError] = field(default_factory=dict)
    _refunds: dict[str, RefundOutcome] = field(default_factory=dict)
    _refund_state: State = State.PENDING
    _errors: dict[str, GatewayError] = field(default_factory=dict)
    _real: Callable[[Account, Observer | None], Gateway] = PaytmGateway

    # ---- pointing a shop at it -------------------------------------------------------------------------------

    def settings(self, base_url: str = "http://testserver") -> dict[str, Any]:
        """A whole ``PAYTM_KIT`` with an invented merchant: ``settings.PAYTM_KIT = paytm_gateway.settings()``."""
        account = {
            "ENVIRONMENT": "staging",
            "HOST": HOST,
            "MERCHANT_ID": MERCHANT_ID,
            "MERCHANT_KEY": MERCHANT_KEY,
            "WEBSITE": "WEBSTAGING",
        }
        return {"BASE_URL": base_url, "ACCOUNTS": {"default": account}}

    # ---- what it says ----------------------------------------------------------------------------------------

    def say(self, payment: Payment, state: State | str | GatewayError, **facts: Any) -> None:
        """From now on this is the answer to every question about ``payment``.

        ``state``  "success", "failure", "pending", "not_found", "unknown", or an error: ``Unreachable("slow")``
        ``facts``  any field of ``gateways.base.Outcome`` that is to differ: ``amount=Decimal("1.00")``,
                   ``code="205"``, ``payment_mode="CC"``, ``bank_name``, ``transaction_id``, ``merchant_id``

        Until something is said the gateway knows no such order, as Paytm does while the shopper has not tried to pay.
        """
        if isinstance(state, GatewayError):
            self._outcomes[payment.gateway_order_id] = state
        else:
            self._outcomes[payment.gateway_order_id] = replace(outcomes.outcome(payment, state), **facts)

    def refunds_become(self, state: State | str) -> None:
        """From now on every refund that is asked for, or asked about, is "pending" (usual), "success" or "failure"."""
        self._refund_state = State(state)

    def say_refund(self, refund: Refund, state: State | str, **facts: Any) -> None:
        """From now on this is the answer about one refund. ``facts``: fields of ``gateways.base.RefundOutcome``."""
        self._refunds[refund.refund_id] = replace(outcomes.refund_outcome(refund, state), **facts)

    def fail(self, operation: str, error: GatewayError | None) -> None:
        """From now on each call of this operation raises ``error``; ``None`` ends it.

        ``operation`` is a method of ``gateways.base.Gateway``: "start", "status", "refund", "refund_status", ….
        """
        if not hasattr(FakeGateway, operation):
            raise ValueError(f"A gateway has no operation {operation!r}.")
        if error is None:
            self._errors.pop(operation, None)
        else:
            self._errors[operation] = error

    def asked(self, payment: Payment, operation: str = "status") -> int:
        """How often the kit asked about this payment."""
        return self.calls.count(Call(operation, payment.gateway_order_id))

    # ---- what the kit builds -----------------------------------------------------------------------------------

    def gateway(self, account: Account, observer: Observer | None = None) -> FakeGateway:
        """What ``gateways.GATEWAYS`` calls for each account."""
        return FakeGateway(self, account, observer, self._real(account, None))


class FakeGateway:
    """``gateways.base.Gateway`` for one account, answering from a FakePaytm. It makes no connection.

    What needs none (reading messages and files, plain facts about the gateway) is the ``real`` one's.
    """

    def __init__(self, paytm: FakePaytm, account: Account, observer: Observer | None, real: Gateway) -> None:
        self.account = account
        self.host = HOST
        self.acknowledgement = real.acknowledgement
        self.page_lifetime = real.page_lifetime
        self._paytm = paytm
        self._observer = observer
        self._real = real

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._real, name) if name != "_real" else None
        if value is None or callable(value):  # a call would leave the process
            raise AttributeError(f"The fake gateway has no {name!r}.")
        return value

    def start(self, request: StartRequest) -> Redirect:
        """The form of the payment page. Nobody answers at its address."""
        fields = {"mid": self.account.merchant_id, "orderId": request.order_id, "txnToken": f"fake-{request.order_id}"}
        page = Redirect(
            url=f"{HOST}/theia/api/v1/showPaymentPage?mid={self.account.merchant_id}&orderId={request.order_id}",
            fields=fields,
        )
        if request.flow is Flow.JS:
            config = {
                "orderId": request.order_id,
                "token": fields["txnToken"],
                "amount": str(request.amount),
                "mid": self.account.merchant_id,
            }
            page = replace(page, script_url=f"{HOST}/checkout.js", script_config=config)
        return self._told("start", request.order_id, lambda: page)

    def unfit(self, amount: Decimal, currency: str) -> str:
        """As the real gateway: it asks nobody."""
        return self._real.unfit(amount, currency)

    def status(self, order_id: str, reference: str = "") -> Outcome:
        """What the test said of this order, else "no record found"."""
        said = self._paytm._outcomes.get(order_id) or outcomes.known(
            Outcome(order_id, State.NOT_FOUND), codes.Family.STATUS
        )

        def answer() -> Outcome:
            if isinstance(said, GatewayError):
                raise said
            return said

        return self._told("status", order_id, answer)

    def collect(self, order_id: str, reference: str = "") -> Outcome:
        """Takes what the test said is APPROVED: from then on it is SUCCESS."""
        said = self._paytm._outcomes.get(order_id)
        if isinstance(said, Outcome) and said.state is State.APPROVED:
            self._paytm._outcomes[order_id] = outcomes.known(replace(said, state=State.SUCCESS), codes.Family.STATUS)
        return self._told("collect", order_id, lambda: self._paytm._outcomes[order_id])

    def withdraw(self, order_id: str, reference: str = "") -> bool:
        """As Paytm: what was handed out stays."""
        return bool(self._told("withdraw", order_id, lambda: False))

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Taken on, unless the test said otherwise."""
        return self._told(
            "refund", request.order_id, lambda: self._refund(request.order_id, request.refund_id, request)
        )

    def refund_status(self, order_id: str, refund_id: str, reference: str = "") -> RefundOutcome:
        """What became of it; "no such refund" for one that was never asked for here."""
        return self._told("refund_status", order_id, lambda: self._refund(order_id, refund_id))

    def _refund(self, order_id: str, refund_id: str, request: RefundRequest | None = None) -> RefundOutcome:
        books = self._paytm._refunds
        family = codes.Family.REFUND if request else codes.Family.REFUND_STATUS
        if request and refund_id not in books:
            amount, transaction_id = request.amount, request.transaction_id
            books[refund_id] = RefundOutcome(
                order_id, refund_id, State.UNKNOWN, self.account.merchant_id, amount, transaction_id=transaction_id
            )
        said = books.get(refund_id) or RefundOutcome(order_id, refund_id, State.NOT_FOUND)
        if said.state is State.UNKNOWN:  # nothing was said of this one: the state of all
            said = replace(said, state=self._paytm._refund_state)
        return outcomes.known(said, family)

    def list_orders(self, since: datetime, until: datetime) -> Iterator[ListedOrder | BrokenEntry]:
        """Every order of which something was said that is decided, whatever the time."""
        said = [each for each in self._paytm._outcomes.values() if isinstance(each, Outcome)]
        listed = [
            ListedOrder(each.order_id, each.transaction_id, each.amount, each.state)
            for each in said
            if each.state is not State.NOT_FOUND
        ]
        return iter(self._told("list_orders", "", lambda: listed))

    def list_refunds(self, since: datetime, until: datetime) -> Iterator[ListedRefund | BrokenEntry]:
        """Every refund that was asked for here or that the test named, whatever the time."""
        found = [self._refund(each.order_id, each.refund_id) for each in self._paytm._refunds.values()]
        listed = [
            ListedRefund(each.order_id, each.refund_id, each.gateway_refund_id, each.amount, each.state)
            for each in found
        ]
        return iter(self._told("list_refunds", "", lambda: listed))

    def settlement(self, day: date) -> Iterator[SettlementEntry | BrokenEntry]:
        """The lines that the test put into ``FakePaytm.settlements`` for this day."""
        return iter(self._told("settlement", "", lambda: list(self._paytm.settlements.get(day, ()))))

    def read_settlement(self, file: BinaryIO) -> Iterator[SettlementEntry | BrokenEntry]:
        """Reads the file as the real gateway does."""
        return self._real.read_settlement(file)

    def read_notice(self, message: InboundMessage) -> Notice:
        """Reads and verifies a callback or webhook as the real gateway does."""
        return self._real.read_notice(message)

    def _told(self, operation: str, order_id: str, answer: Callable[[], Any]) -> Any:
        """Notes the call, tells the observer as a real gateway would, and answers or raises."""
        self._paytm.calls.append(Call(operation, order_id))
        asked = Exchange(
            operation="initiate" if operation == "start" else operation,
            order_id=order_id,
            url=f"{HOST}/fake/{operation}",
            request_body=json.dumps({"orderId": order_id}),
        )
        try:
            if operation in self._paytm._errors:
                raise self._paytm._errors[operation]
            said = answer()
        except GatewayError as error:
            self._tell(replace(asked, error=str(error)))
            raise
        shown = json.dumps(asdict(said), default=str) if isinstance(said, Outcome | RefundOutcome) else ""
        self._tell(replace(asked, response_body=shown, http_status=200, verdict=Verdict.VERIFIED))
        return said

    def _tell(self, exchange: Exchange) -> None:
        if self._observer is not None:
            self._observer(exchange)


@contextmanager
def faked(gateway: str = NAME) -> Iterator[FakePaytm]:
    """Inside, every account of this gateway speaks to a new FakePaytm and to nobody else."""
    real = gateways.GATEWAYS[gateway]
    paytm = FakePaytm(_real=real)
    gateways.GATEWAYS[gateway] = paytm.gateway
    journal.gateway_for.cache_clear()
    try:
        yield paytm
    finally:
        gateways.GATEWAYS[gateway] = real
        journal.gateway_for.cache_clear()
