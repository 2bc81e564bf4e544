"""StripeGateway: Stripe's Checkout page behind the kit's gateway interface. Amounts there are in minor units.

Sources: docs.stripe.com, Checkout Sessions, Refunds, Idempotent requests; the official library ``stripe``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from types import ModuleType
from typing import Any, BinaryIO

import requests

from paytm_kit.gateways import hosts, words
from paytm_kit.gateways.base import (
    Account,
    BrokenEntry,
    ConfigurationError,
    Conflict,
    Flow,
    InboundMessage,
    ListedOrder,
    ListedRefund,
    Notice,
    Observer,
    Outcome,
    Redirect,
    RefundOutcome,
    RefundRequest,
    Refused,
    SettlementEntry,
    StartRequest,
    State,
    Unreachable,
    Unsupported,
    UntrustedResponse,
)
from paytm_kit.gateways.objects import text
from paytm_kit.gateways.stripe import answers, faults, fields, lists, notices

HOSTS = {"production": "https://api.stripe.com", "staging": "https://api.stripe.com"}  # the key decides, test or live
WITH_CHARGE = ["payment_intent.latest_charge"]


class StripeGateway:
    """Implements ``base.Gateway`` for one account. Raises ConfigurationError when the account cannot work."""

    acknowledgement = ""
    page_lifetime = fields.PAGE_LIFETIME

    def __init__(
        self, account: Account, observer: Observer | None = None, *, session: requests.Session | None = None
    ) -> None:
        for fault in faults.find(account):
            if fault.serious:
                raise ConfigurationError(f"{fault.what} {fault.todo}")
        self.account = account
        self._library = _library()
        self._client = self._library.Client(account, self.host, observer, session)

    @property
    def host(self) -> str:
        """``scheme://host[:port]`` that this account speaks to."""
        theirs = {} if self.account.environment in HOSTS else {"api.stripe.com": "production"}
        return hosts.origin(self.account, HOSTS, theirs, who="Stripe")

    def unfit(self, amount: Decimal, currency: str) -> str:
        """Stripe takes most currencies, each in its own smallest unit."""
        return fields.unfit(amount, currency)

    def start(self, request: StartRequest) -> Redirect:
        """Makes a Checkout Session, or finds the one that was handed out before. Raises Conflict when that is over."""
        order_id = request.order_id
        if request.flow is Flow.JS:
            raise Refused('Stripe has no pop-up here: use the flow "hosted".', order_id=order_id)
        if request.reference:
            page = self._session("initiate", order_id, request.reference)
            if text(page.get("status")) != "open":
                raise Conflict(
                    f"Stripe's page of order {order_id} is {text(page.get('status')) or 'gone'}.", order_id=order_id
                )
        else:
            params, options = fields.session(request), {"idempotency_key": f"start-{order_id}"}
            page = self._client.ask("initiate", order_id, lambda v1: v1.checkout.sessions.create(params, options))
            answers.session_of(page, order_id)
        url, reference = text(page.get("url")), answers.identifier(page.get("id"))
        if not reference or not _is_page(url, self.account):
            raise UntrustedResponse("Stripe gave no page that a shopper can be sent to.", order_id=order_id)
        return Redirect(url=url, method="GET", reference=reference, is_new=not request.reference)

    def status(self, order_id: str, reference: str = "") -> Outcome:
        """What became of an order, from Stripe itself. Without a reference nobody was ever sent there: nobody paid."""
        if not reference:
            return Outcome(
                order_id=order_id,
                state=State.NOT_FOUND,
                merchant_id=self.account.merchant_id,
                code="not_begun",
                shopper_text=words.NOT_HEARD,
            )
        return answers.outcome(self._session("status", order_id, reference, WITH_CHARGE), self.account, order_id)

    def collect(self, order_id: str, reference: str = "") -> Outcome:
        """Raises Unsupported: Stripe takes the money by itself."""
        raise Unsupported("Stripe collects by itself: there is nothing to take.", order_id=order_id)

    def withdraw(self, order_id: str, reference: str = "") -> bool:
        """Ends the page. Raises Refused when it is complete or over already: ask."""
        if not reference:
            return False
        page = self._client.ask("withdraw", order_id, lambda v1: v1.checkout.sessions.expire(reference))
        answers.session_of(page, order_id)
        return text(page.get("status")) == "expired"

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Asks Stripe to send money back, once; whoever sends it again gets the same refund, by its Idempotency-Key."""
        metadata = {"refund_id": request.refund_id, "order_id": request.order_id}
        if why := fields.reason(request.reason):
            metadata["reason"] = why
        params = {
            "payment_intent": request.transaction_id,
            "amount": fields.units(request.amount, request.currency, request.order_id),
            "metadata": metadata,
        }
        options = {"idempotency_key": f"refund-{request.refund_id}"}
        try:
            row = self._client.ask(
                "refund", request.order_id, lambda v1: v1.refunds.create(params, options), attempts=1
            )
        except Conflict as error:  # sent before, with other contents: that one may be under way
            raise Unreachable(
                f"Stripe knows refund {request.refund_id} with other contents: ask what became of it.",
                order_id=request.order_id,
                gateway_code=error.gateway_code,
            ) from None
        if answers.refund_name(row) != request.refund_id:
            raise UntrustedResponse("Stripe answered about another refund.", order_id=request.order_id)
        return answers.refund(row, self.account, request.order_id, request.refund_id)

    def refund_status(self, order_id: str, refund_id: str, reference: str = "") -> RefundOutcome:
        """What became of a refund, made here or (``re_…``) in Stripe's dashboard: one of those of its payment."""
        unknown = RefundOutcome(order_id=order_id, refund_id=refund_id, state=State.UNKNOWN)
        if not reference:
            return unknown
        intent = answers.reference(self._session("refund_status", order_id, reference).get("payment_intent"))
        if not intent:  # of an order whose money we have taken: that says nothing about its refunds
            return unknown
        found = self._rows("refund_status", order_id, "refunds", {"payment_intent": intent})
        ours = [row for row in found if answers.refund_name(row) == refund_id]
        if len(ours) > 1:
            raise UntrustedResponse(f"Stripe lists refund {refund_id} twice.", order_id=order_id)
        if not ours:
            return RefundOutcome(order_id=order_id, refund_id=refund_id, state=State.NOT_FOUND)
        return answers.refund(ours[0], self.account, order_id, refund_id)

    def list_orders(self, since: datetime, until: datetime) -> Iterator[ListedOrder | BrokenEntry]:
        """The Checkout Sessions that were begun in this time, name an order and were completed."""
        asked = {**lists.during(since, until), "expand": ["data.payment_intent"]}
        return lists.orders(self._rows("list_orders", "", "checkout.sessions", asked))

    def list_refunds(self, since: datetime, until: datetime) -> Iterator[ListedRefund | BrokenEntry]:
        """The refunds that were begun in this time, of payments that name an order."""
        asked = {**lists.during(since, until), "expand": ["data.payment_intent"]}
        return lists.refunds(self._rows("list_refunds", "", "refunds", asked))

    def settlement(self, day: date) -> Iterator[SettlementEntry | BrokenEntry]:
        """Raises Unsupported: not built."""
        raise Unsupported("Payouts of Stripe are not read.")

    def read_settlement(self, file: BinaryIO) -> Iterator[SettlementEntry | BrokenEntry]:
        """Raises Unsupported: not built."""
        raise Unsupported("Payout reports of Stripe are not read.")

    def read_notice(self, message: InboundMessage) -> Notice:
        """Parses and verifies a webhook. Total."""
        return notices.read_notice(message, self.account, self._library.is_signed)

    def _session(
        self, operation: str, order_id: str, reference: str, expand: list[str] | None = None
    ) -> Mapping[str, Any]:
        params = {"expand": expand} if expand else {}
        page = self._client.ask(operation, order_id, lambda v1: v1.checkout.sessions.retrieve(reference, params))
        return answers.session_of(page, order_id)

    def _rows(
        self, operation: str, order_id: str, service: str, params: Mapping[str, Any]
    ) -> Iterator[Mapping[str, Any]]:
        def page(asked: dict[str, Any]) -> Mapping[str, Any]:
            found: Mapping[str, Any] = self._client.ask(
                operation, order_id, lambda v1: _service(v1, service).list(asked)
            )
            return found

        return lists.rows(page, params)


def _service(v1: Any, path: str) -> Any:
    for name in path.split("."):
        v1 = getattr(v1, name)
    return v1


def _is_page(url: str, account: Account) -> bool:
    scheme = "https?" if hosts.is_loopback(account) else "https"
    return re.fullmatch(rf"{scheme}://[!-~]{{1,2000}}", url, re.ASCII) is not None


def _library() -> ModuleType:
    """What needs Stripe's own library, which is an extra. Raises ConfigurationError without it."""
    try:
        from paytm_kit.gateways.stripe import client
    except ImportError as error:
        raise ConfigurationError(
            'The gateway "stripe" needs Stripe\'s own library. Install it: pip install "paytm-kit[stripe]"'
        ) from error
    return client
