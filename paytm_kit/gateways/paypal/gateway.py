"""PayPalGateway: PayPal's Orders v2 behind the kit's gateway interface. Money moves by our own capture alone.

Sources: PayPal, Orders v2, Payments v2, Webhooks; the facts of fields and errors from PayPal's published OpenAPI
descriptions (github.com/paypal/paypal-rest-api-specifications).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import requests

from paytm_kit.gateways import hosts, objects, words
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
    Unsupported,
    UntrustedResponse,
)
from paytm_kit.gateways.paypal import certificates, fields, notices, orders, refunds
from paytm_kit.gateways.paypal.answers import Answer
from paytm_kit.gateways.paypal.client import Client
from paytm_kit.logs import EventLog

log = EventLog("paytm_kit.gateways.paypal")

HOSTS = {"production": "https://api-m.paypal.com", "staging": "https://api-m.sandbox.paypal.com"}
ENVIRONMENT_OF = {
    "api-m.paypal.com": "production",
    "api.paypal.com": "production",
    "www.paypal.com": "production",
    "api-m.sandbox.paypal.com": "staging",
    "api.sandbox.paypal.com": "staging",
    "www.sandbox.paypal.com": "staging",
}
ORDERS, CAPTURES = "/v2/checkout/orders", "/v2/payments/captures"
PAYABLE = frozenset({"CREATED", "SAVED", "PAYER_ACTION_REQUIRED"})  # by a shopper who is sent there (again)
APPROVAL = ("payer-action", "approve")  # the links' names, with and without payment_source
# Made of our order id alone: whoever repeats after a crash reaches the same order, and captures it once.
CREATE, CAPTURE = "{}-order", "{}-capture"
UNUSED = frozenset({"DUPLICATE_INVOICE_ID", "DUPLICATE_REQUEST_ID"})  # another payment, with another id, may begin


class PayPalGateway:
    """Implements ``base.Gateway`` for one account. Raises ConfigurationError when the account cannot work."""

    acknowledgement = ""
    # PayPal's own: three hours from creating the order to the shopper's coming, three more to approve and capture.
    # A shorter one is safe, because nobody else than we can take the money; within it the same order is given again.
    page_lifetime = timedelta(hours=1)

    def __init__(
        self, account: Account, observer: Observer | None = None, *, session: requests.Session | None = None
    ) -> None:
        self._origin = hosts.origin(account, HOSTS, ENVIRONMENT_OF, who="PayPal")
        fields.check_account(account)
        certificates.require_cryptography(account)
        self.account = account
        self._client = Client(account, self._origin, observer, session)
        self._certificates = certificates.Certificates(account, self._origin, self._client.transport)

    @property
    def host(self) -> str:
        """``scheme://host[:port]`` that this account speaks to."""
        return self._origin

    def unfit(self, amount: Decimal, currency: str) -> str:
        """PayPal takes no rupees, only the currencies on its list, and of some of these no decimals."""
        return fields.unfit(amount, currency, self.account)

    def start(self, request: StartRequest) -> Redirect:
        """Creates the order, or finds the one that was created, and gives the address where the shopper approves it.

        Raises Conflict when that order can no longer be approved: it was paid, or PayPal has forgotten it.
        """
        if request.flow is Flow.JS:
            raise Refused('PayPal\'s pop-up is not built: use the flow "hosted".', order_id=request.order_id)
        fields.check(request, self.account)
        if request.reference:
            path = self._order(request.order_id, request.reference)
            return self._client.get("start", request.order_id, path, lambda said: self._page(said, request))
        return self._client.post(
            "start",
            request.order_id,
            ORDERS,
            lambda said: self._page(said, request),
            body=_wanted(request),
            request_id=CREATE.format(request.order_id),
        )

    def status(self, order_id: str, reference: str = "") -> Outcome:
        """What became of an order, from PayPal itself. Raises Unreachable (ask again), Refused, UntrustedResponse.

        An order that nobody was sent to has no name to ask for: PayPal does not find one by ours.
        """
        if not reference:
            return Outcome(order_id=order_id, state=State.NOT_FOUND, shopper_text=words.NOT_HEARD)
        found = self._client.get(
            "status",
            order_id,
            self._order(order_id, reference),
            lambda said: orders.outcome(said, self.account, order_id, reference),
        )
        return _watched(found)

    def collect(self, order_id: str, reference: str = "") -> Outcome:
        """Captures an approved order, once however often it is asked: by PayPal-Request-Id, by PayPal's rule of one
        capture for an order, and by the invoice id."""
        said = self._client.post(
            "collect",
            order_id,
            self._order(order_id, reference) + "/capture",
            lambda answer: answer,
            body={},
            request_id=CAPTURE.format(order_id),
        )
        if said.issue == "ORDER_ALREADY_CAPTURED":
            return self.status(order_id, reference)
        if said.error:
            return _watched(orders.refusal(said, order_id))
        return _watched(orders.outcome(said, self.account, order_id, reference))

    def withdraw(self, order_id: str, reference: str = "") -> bool:
        """True, and nobody is asked: PayPal has no way to call an unpaid order back, and none is needed.

        A shopper's approval moves nothing. Only our capture does, and a payment whose place another has taken is not
        captured any more (ledger/book.may_collect); what is not captured, PayPal lets go after three hours.
        """
        return True

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Asks PayPal to send money back, once. The same refund id again is the same refund there for 45 days."""
        order_id, refund_id = request.order_id, request.refund_id
        return self._client.post(
            "refund",
            order_id,
            f"{CAPTURES}/{fields.theirs(request.transaction_id, order_id)}/refund",
            lambda said: refunds.accepted(said, self.account, order_id, refund_id),
            body=refunds.body(request),
            request_id=refund_id,
            attempts=1,
        )

    def refund_status(self, order_id: str, refund_id: str, reference: str = "") -> RefundOutcome:
        """What became of a refund, from its order. ``refund_id``: ours, or PayPal's of one made in its dashboard."""
        return self._client.get(
            "refund_status",
            order_id,
            self._order(order_id, reference),
            lambda said: refunds.among(said, self.account, order_id, refund_id, reference),
        )

    def list_orders(self, since: datetime, until: datetime) -> Iterator[ListedOrder | BrokenEntry]:
        """Raises Unsupported: not built."""
        raise Unsupported(
            "PayPal's transactions are not listed: its Transaction Search needs a permission of its own and runs up to "
            "three hours behind."
        )

    def list_refunds(self, since: datetime, until: datetime) -> Iterator[ListedRefund | BrokenEntry]:
        """Raises Unsupported: not built."""
        raise Unsupported("PayPal's refunds are not listed: they come by webhook, and with their order when asked.")

    def settlement(self, day: date) -> Iterator[SettlementEntry | BrokenEntry]:
        """Raises Unsupported: PayPal credits its own balance, not a bank account, payment by payment."""
        raise Unsupported("PayPal pays into its own balance: there are no settlement reports to ask for.")

    def read_settlement(self, file: BinaryIO) -> Iterator[SettlementEntry | BrokenEntry]:
        """Raises Unsupported: not built."""
        raise Unsupported("Settlement reports of PayPal are not read.")

    def read_notice(self, message: InboundMessage) -> Notice:
        """Parses and verifies a webhook. Total. (The shopper's browser brings no message: see ``return_url``.)"""
        return notices.read_notice(message, self.account, self._certificates)

    def _order(self, order_id: str, reference: str) -> str:
        return f"{ORDERS}/{fields.theirs(reference, order_id)}"

    def _page(self, said: Answer, request: StartRequest) -> Redirect:
        """Where the shopper approves the order that PayPal shows."""
        order_id = request.order_id
        if said.error:
            if said.lost or said.issue in UNUSED:
                raise Conflict(f"PayPal: {said.issue} {said.message}", order_id=order_id, gateway_code=said.issue)
            raise said.refused(order_id)
        ours = orders.unit(said.body, order_id, request.reference)
        word = objects.text(said.body.get("status"))
        if fields.amount(objects.members(ours, "amount")) != (request.amount, request.currency):
            raise Conflict("PayPal has this order with another amount.", order_id=order_id, gateway_code=word)
        if (paid_to := orders.merchant(ours, self.account)) != self.account.merchant_id:
            raise ConfigurationError(
                f'MERCHANT_ID of account "{self.account.name}" is {self.account.merchant_id}, but the app of its '
                f"CLIENT_ID collects for {paid_to}. Nobody was sent there.",
                order_id=order_id,
            )
        url = next((objects.text(link.get("href")) for link in _links(said.body) if link.get("rel") in APPROVAL), "")
        if word not in PAYABLE or not url:
            raise Conflict(f"PayPal's order cannot be approved (any more): {word}.", order_id=order_id)
        self._check_page(url, order_id)
        reference = fields.theirs(objects.text(said.body.get("id")), order_id)
        return Redirect(url=url, method="GET", reference=reference, is_new=not request.reference)

    def _check_page(self, url: str, order_id: str) -> None:
        """PayPal's own pages, or the page of whoever plays PayPal at the account's HOST."""
        parts = urlsplit(url)
        theirs = parts.scheme == "https" and (parts.hostname or "").endswith(".paypal.com") and "@" not in parts.netloc
        if not theirs and not url.startswith(self._origin + "/"):
            raise UntrustedResponse("PayPal's answer leads the shopper to another site.", order_id=order_id)


def _watched(outcome: Outcome) -> Outcome:
    """Whoever keeps the logs hears of words that nobody here knows; they change nothing."""
    if outcome.state is State.UNKNOWN:
        log.warning("paypal.status.unknown", order_id=outcome.order_id, code=outcome.code, said=outcome.message)
    return outcome


def _links(order: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The approval's link first where there are both kinds."""
    return sorted(objects.rows(order, "links"), key=lambda link: link.get("rel") != APPROVAL[0])


def _wanted(request: StartRequest) -> dict[str, Any]:
    """The order that is created. ``invoice_id`` makes PayPal refuse a second capture for the same payment."""
    return {
        "intent": "CAPTURE",
        "purchase_units": [
            {
                "reference_id": request.order_id,
                "custom_id": request.order_id,
                "invoice_id": request.order_id,
                "amount": fields.money(request.amount, request.currency, request.order_id),
            }
        ],
        "payment_source": {
            "paypal": {
                "experience_context": {
                    "return_url": request.return_url,
                    "cancel_url": request.return_url,
                    "user_action": "PAY_NOW",
                    "shipping_preference": "NO_SHIPPING",
                }
            }
        },
    }
