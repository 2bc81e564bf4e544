"""PaytmGateway: Paytm behind the kit's gateway interface."""

from __future__ import annotations

from paytm_kit.gateways.base import (
    Account,
    Flow,
    InboundMessage,
    Notice,
    Observer,
    Outcome,
    Redirect,
    StartRequest,
)
from paytm_kit.gateways.paytm import endpoints, fields, legacy, notices
from paytm_kit.gateways.paytm.client import PaytmClient


class PaytmGateway:
    """Implements ``base.Gateway`` for one account. Raises ConfigurationError when the account cannot work."""

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

    def status(self, order_id: str) -> Outcome:
        """What became of an order, from Paytm itself."""
        return self.client.order_status(order_id)

    def read_notice(self, message: InboundMessage) -> Notice:
        """Parses and verifies a callback or webhook. Total."""
        return notices.read_notice(message, self.account)
