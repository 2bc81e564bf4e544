"""PaytmGateway: Paytm behind the kit's gateway interface."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import BinaryIO

from paytm_kit.gateways.base import (
    Account,
    BrokenEntry,
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
    SettlementEntry,
    StartRequest,
    Unsupported,
)
from paytm_kit.gateways.paytm import endpoints, fields, legacy, notices, settlement_files
from paytm_kit.gateways.paytm.client import PaytmClient


class PaytmGateway:
    """Implements ``base.Gateway`` for one account. Raises ConfigurationError when the account cannot work."""

    acknowledgement = ""
    page_lifetime = timedelta(minutes=15)  # Paytm docs, Initiate Transaction API: a txnToken lives 15 minutes

    def __init__(
        self, account: Account, observer: Observer | None = None, *, client: PaytmClient | None = None
    ) -> None:
        self.account = account
        self.client = client or PaytmClient(account, observer=observer)

    @property
    def host(self) -> str:
        """``scheme://host[:port]`` that this account speaks to."""
        return endpoints.host(self.account)

    def start(self, request: StartRequest) -> Redirect:
        """Where the shopper goes. HOSTED and JS ask Paytm for a token first, LEGACY signs a form and asks nobody."""
        checked = fields.check(request)
        if request.flow is Flow.LEGACY:
            return Redirect(url=endpoints.url(self.account, "legacy"), fields=legacy.form(self.account, checked))
        started = self.client.initiate_transaction(request)
        token = started.token
        mid = self.account.merchant_id
        page = {"mid": mid, "orderId": checked.order_id, "txnToken": token}
        url = endpoints.url(self.account, "payment_page", checked.order_id)
        if request.flow is Flow.HOSTED:
            return Redirect(url=url, fields=page, is_new=not started.repeated)
        return Redirect(
            url=url,
            fields=page,
            is_new=not started.repeated,
            script_url=endpoints.url(self.account, "checkout_js"),
            script_config={"orderId": checked.order_id, "token": token, "amount": checked.amount, "mid": mid},
        )

    def unfit(self, amount: Decimal, currency: str) -> str:
        """Paytm takes rupees; what the account may take at once only its dashboard knows."""
        return "" if currency == "INR" else f"Paytm takes INR only, not {currency!r}."

    def status(self, order_id: str, reference: str = "") -> Outcome:
        """What became of an order, from Paytm itself."""
        return self.client.order_status(order_id)

    def collect(self, order_id: str, reference: str = "") -> Outcome:
        """Raises Unsupported: Paytm takes the money by itself."""
        raise Unsupported("Paytm collects by itself: there is nothing to take.", order_id=order_id)

    def withdraw(self, order_id: str, reference: str = "") -> bool:
        """Paytm has no way to call a token back: it lives its 15 minutes."""
        return False

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Asks Paytm to send money back, once."""
        return self.client.refund(request)

    def refund_status(self, order_id: str, refund_id: str, reference: str = "") -> RefundOutcome:
        """What became of a refund, from Paytm itself."""
        return self.client.refund_status(order_id, refund_id)

    def list_orders(self, since: datetime, until: datetime) -> Iterator[ListedOrder | BrokenEntry]:
        """Every transaction that Paytm has on its books for this time."""
        return self.client.list_orders(since, until)

    def list_refunds(self, since: datetime, until: datetime) -> Iterator[ListedRefund | BrokenEntry]:
        """Every refund that Paytm has on its books for this time."""
        return self.client.list_refunds(since, until)

    def settlement(self, day: date) -> Iterator[SettlementEntry | BrokenEntry]:
        """What Paytm paid out on this day in India, from Paytm itself."""
        return self.client.settlement(day)

    def read_settlement(self, file: BinaryIO) -> Iterator[SettlementEntry | BrokenEntry]:
        """The lines of a settlement report, as CSV with Paytm's columns in any order."""
        return settlement_files.read(file)

    def read_notice(self, message: InboundMessage) -> Notice:
        """Parses and verifies a callback or webhook. Total."""
        return notices.read_notice(message, self.account)
