"""PaytmClient: Paytm's API for one account, usable without Django."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import requests

from paytm_kit import checksum
from paytm_kit.gateways.base import Account, ConfigurationError, Observer, Outcome, StartRequest, Verdict
from paytm_kit.gateways.paytm import endpoints, envelope, fields, initiate, status
from paytm_kit.gateways.paytm.envelope import Envelope
from paytm_kit.gateways.paytm.initiate import StartedTransaction
from paytm_kit.gateways.paytm.transport import Call, T, Transport


class PaytmClient:
    """Speaks to Paytm for one account; keeps its connections open and may be shared between threads.

    ``observer``  is called with an Exchange after every HTTP attempt, failed ones included
    ``session``   a ``requests.Session`` of yours, for proxies or tests; certificates are verified all the same
    ``sleep``     waits between attempts, in seconds; ``time.sleep`` by default

    Raises ConfigurationError at once when the account cannot work. Every method raises only GatewayError.
    """

    def __init__(
        self,
        account: Account,
        *,
        observer: Observer | None = None,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        endpoints.host(account)
        fields.require_setting("MERCHANT_ID", account.merchant_id, fields.MID, account)
        _check_keys(account)
        self.account = account
        self._transport = Transport(account, observer=observer, session=session, sleep=sleep)

    def initiate_transaction(self, request: StartRequest) -> StartedTransaction:
        """Tells Paytm of a payment and returns its token. Safe to repeat with the same request.

        Raises Refused (a field or Paytm's no), Conflict (this order id has other contents), Unreachable and
        UntrustedResponse (both: start again with the same request).
        """
        body = initiate.body(self.account, fields.check(request))
        return self._ask("initiate", request.order_id, body, initiate.read)

    def order_status(self, order_id: str) -> Outcome:
        """What became of an order. Read-only. Raises Unreachable and UntrustedResponse (both: ask again)."""
        return self._ask("status", order_id, status.body(self.account, order_id), status.read)

    def _ask(
        self,
        operation: str,
        order_id: str,
        body: Mapping[str, object],
        read: Callable[[Envelope, Verdict, Account, str], T],
    ) -> T:
        head = {"version": "v1", "requestTimestamp": str(int(time.time())), "channelId": self.account.channel}
        call = Call(
            operation=operation,
            order_id=order_id,
            url=endpoints.url(self.account, operation, order_id),
            text=envelope.seal(body, self.account.key, head),  # once: every attempt sends the same bytes
        )

        def reader(answer: Envelope, verdict: Verdict) -> T:
            return read(answer, verdict, self.account, order_id)

        return self._transport.ask(call, reader)


def _check_keys(account: Account) -> None:
    if not account.keys:
        raise ConfigurationError(f'MERCHANT_KEY of account "{account.name}" is missing.')
    for key in account.keys:
        try:
            checksum.sign("", key)
        except (ValueError, TypeError) as error:
            raise ConfigurationError(f'MERCHANT_KEY of account "{account.name}" cannot be used: {error}') from None
