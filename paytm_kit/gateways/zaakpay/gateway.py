"""ZaakpayGateway: Zaakpay's redirect checkout behind the kit's gateway interface. Amounts there are whole paise.

Sources: developer.zaakpay.com, Redirect Flow (V8), Check Transaction Status API (v5), Refunding a Transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import BinaryIO
from urllib.parse import urlencode

import requests

from paytm_kit.gateways import hosts, inbound
from paytm_kit.gateways.base import (
    Account,
    BrokenEntry,
    ConfigurationError,
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
    Unsupported,
)
from paytm_kit.gateways.http import ATTEMPTS, Call, Transport
from paytm_kit.gateways.zaakpay import answers, fields, notices, signing

HOSTS = {"production": "https://api.zaakpay.com", "staging": "https://zaakstaging.zaakpay.com"}
ENVIRONMENT_OF = {"api.zaakpay.com": "production", "zaakpay.com": "production", "zaakstaging.zaakpay.com": "staging"}
PATHS = {"page": "/api/paymentTransact/", "status": "/checkTxn?v=5", "refund": "/updateTxn"}

WHOLE, PART = "14", "22"  # updateDesired
# The documentation has a full table of fields for V8; recent integrations post the same to V13.
PAGE_VERSION, PAGE_VERSIONS = "V8", ("V8", "V13")
SHORTEST_KEY = 16  # characters; real ones have 32


class ZaakpayGateway:
    """Implements ``base.Gateway`` for one account. Raises ConfigurationError when the account cannot work."""

    acknowledgement = "SUCCESS"  # anything else, and Zaakpay sends the webhook again
    page_lifetime = timedelta(minutes=15)  # not documented: as long as Paytm's

    def __init__(
        self, account: Account, observer: Observer | None = None, *, session: requests.Session | None = None
    ) -> None:
        hosts.origin(account, HOSTS, ENVIRONMENT_OF, who="Zaakpay")
        if not fields.MERCHANT.fullmatch(account.merchant_id):
            raise ConfigurationError(
                f'MERCHANT_ID of account "{account.name}" is no merchant identifier of Zaakpay: letters and digits.'
            )
        if not account.keys or any(len(key) < SHORTEST_KEY for key in account.keys):
            raise ConfigurationError(
                f'MERCHANT_KEY of account "{account.name}" is missing or too short: it is the secret key of Zaakpay\'s '
                "dashboard, 32 characters."
            )
        if (account.page_version or PAGE_VERSION) not in PAGE_VERSIONS:
            raise ConfigurationError(
                f'PAGE_VERSION of account "{account.name}" must be one of {", ".join(PAGE_VERSIONS)}.'
            )
        self.account = account
        self._transport = Transport(account, who="Zaakpay", observer=observer, session=session)

    @property
    def host(self) -> str:
        """``scheme://host[:port]`` that this account speaks to."""
        return hosts.origin(self.account, HOSTS, ENVIRONMENT_OF, who="Zaakpay")

    def start(self, request: StartRequest) -> Redirect:
        """A signed form for the shopper's browser; nobody is asked. The same order always gives the same form."""
        if request.flow is Flow.JS:
            raise Refused('Zaakpay has no pop-up: use the flow "hosted".', order_id=request.order_id)
        form = {"merchantIdentifier": self.account.merchant_id, **fields.check(request)}
        form["checksum"] = signing.sign(signing.request_text(form), self.account.key)
        return Redirect(url=self.host + PATHS["page"] + (self.account.page_version or PAGE_VERSION), fields=form)

    def unfit(self, amount: Decimal, currency: str) -> str:
        """Zaakpay takes rupees, up to a limit for one payment."""
        return fields.unfit(amount, currency)

    def collect(self, order_id: str, reference: str = "") -> Outcome:
        """Raises Unsupported: Zaakpay takes the money by itself."""
        raise Unsupported("Zaakpay collects by itself: there is nothing to take.", order_id=order_id)

    def withdraw(self, order_id: str, reference: str = "") -> bool:
        """Zaakpay has no way to call a page back."""
        return False

    def status(self, order_id: str, reference: str = "") -> Outcome:
        """What became of an order, from Zaakpay itself. Raises Unreachable (ask again), Refused, UntrustedResponse."""
        call = self._call("status", order_id, self._question(order_id))
        return self._transport.ask(call, answers.opened, lambda said, _: answers.outcome(said, self.account, order_id))

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Asks Zaakpay to send money back, once. Accepted means begun: the status tells when it was paid."""
        order = {"orderId": request.order_id}
        if not request.whole:
            order["amount"] = fields.paise(request.amount, request.order_id)
        data = {
            "merchantIdentifier": self.account.merchant_id,
            "orderDetail": order,
            "mode": "0",
            "updateDesired": WHOLE if request.whole else PART,
            "updateReason": fields.reason(request.reason),
            "merchantRefId": request.refund_id,
        }
        call = self._call("refund", request.order_id, data, attempts=1)
        order_id, refund_id = request.order_id, request.refund_id
        return self._transport.ask(call, answers.opened, lambda said, _: answers.accepted(said, order_id, refund_id))

    def refund_status(self, order_id: str, refund_id: str, reference: str = "") -> RefundOutcome:
        """What became of a refund: Zaakpay lists it with its order. (To ask about one alone is documented, but what is
        signed then is not.)"""
        call = self._call("refund_status", order_id, self._question(order_id))

        def read(said: answers.Answer, _: None) -> RefundOutcome:
            return answers.refund(said, self.account, order_id, refund_id)

        return self._transport.ask(call, answers.opened, read)

    def list_orders(self, since: datetime, until: datetime) -> Iterator[ListedOrder | BrokenEntry]:
        """Raises Unsupported: what Zaakpay signs of a question for its list is not documented."""
        raise Unsupported("Zaakpay's list of orders cannot be asked for: what is signed of the question is unknown.")

    def list_refunds(self, since: datetime, until: datetime) -> Iterator[ListedRefund | BrokenEntry]:
        """Raises Unsupported: Zaakpay has no list of refunds."""
        raise Unsupported("Zaakpay has no list of refunds.")

    def settlement(self, day: date) -> Iterator[SettlementEntry | BrokenEntry]:
        """Raises Unsupported: not built."""
        raise Unsupported("Settlement reports of Zaakpay are not read.")

    def read_settlement(self, file: BinaryIO) -> Iterator[SettlementEntry | BrokenEntry]:
        """Raises Unsupported: not built."""
        raise Unsupported("Settlement reports of Zaakpay are not read.")

    def read_notice(self, message: InboundMessage) -> Notice:
        """Parses and verifies a return or webhook. Total."""
        return notices.read_notice(message, self.account)

    def _question(self, order_id: str) -> Mapping[str, object]:
        return {
            "merchantIdentifier": self.account.merchant_id,
            "mode": "0",
            "orderDetail": {"orderId": order_id},
        }

    def _call(self, operation: str, order_id: str, data: Mapping[str, object], attempts: int = ATTEMPTS) -> Call:
        text = json.dumps(data, separators=(",", ":"))  # once: what is signed is what is sent
        checksum = signing.sign(text, self.account.key)
        path = PATHS["refund" if operation == "refund" else "status"]
        return Call(
            operation=operation,
            order_id=order_id,
            url=self.host + path,
            text=urlencode({"data": text, "checksum": checksum}),
            attempts=attempts,
            content_type=inbound.FORM,
        )
