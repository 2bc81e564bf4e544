"""PaytmClient: Paytm's API for one account, usable without Django."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

import requests

from paytm_kit import checksum
from paytm_kit.gateways.base import (
    Account,
    BrokenEntry,
    ConfigurationError,
    ListedOrder,
    ListedRefund,
    Observer,
    Outcome,
    RefundOutcome,
    RefundRequest,
    SettlementEntry,
    StartRequest,
    Verdict,
)
from paytm_kit.gateways.http import ATTEMPTS, Call, T, Transport
from paytm_kit.gateways.paytm import codes, endpoints, envelope, fields, initiate, lists, refunds, settlements, status
from paytm_kit.gateways.paytm.envelope import Envelope
from paytm_kit.gateways.paytm.initiate import StartedTransaction


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
        self._transport = Transport(account, who="Paytm", observer=observer, session=session, sleep=sleep)

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

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Asks Paytm to send money back; one attempt only. PENDING (601) is the normal answer.

        Raises Refused when a field cannot be sent. Unreachable and UntrustedResponse mean that it is unknown whether
        the refund began: ask ``refund_status``, and repeat the same request only after NOT_FOUND.
        """
        operation = "refund_sync" if request.wait else "refund"
        read = refunds.reader(codes.Family.REFUND, request.refund_id)
        return self._ask(operation, request.order_id, refunds.body(self.account, request), read, attempts=1)

    def refund_status(self, order_id: str, refund_id: str) -> RefundOutcome:
        """What became of a refund. Read-only. Raises Unreachable and UntrustedResponse (both: ask again)."""
        read = refunds.reader(codes.Family.REFUND_STATUS, refund_id)
        return self._ask("refund_status", order_id, refunds.question(self.account, order_id, refund_id), read)

    def list_orders(self, since: datetime, until: datetime) -> Iterator[ListedOrder | BrokenEntry]:
        """Every transaction that began between these moments, page by page as it is consumed. Read-only.

        Raises Refused (Paytm's no; more than 18 months), Unreachable and UntrustedResponse, also after rows have come.
        """
        return lists.ORDERS.walk(since, until, self._page_of(lists.ORDERS))

    def list_refunds(self, since: datetime, until: datetime) -> Iterator[ListedRefund | BrokenEntry]:
        """Every refund made between these moments, here or in Paytm's dashboard; otherwise as ``list_orders``."""
        return lists.REFUNDS.walk(since, until, self._page_of(lists.REFUNDS))

    def settlement(self, day: date) -> Iterator[SettlementEntry | BrokenEntry]:
        """What Paytm paid out on this day in India, asked page by page as it is consumed. Read-only.

        Raises Refused (a field, the account, Paytm's no) and Unreachable (ask again), also after lines have come.
        """

        def ask(number: int) -> settlements.Page:
            call = Call(
                operation="settlements",
                order_id="",
                url=endpoints.url(self.account, "settlements"),
                text=settlements.question(self.account, day, number),
            )
            return self._transport.ask(call, envelope.plain, lambda answer, _: settlements.read(answer, day))

        return settlements.entries(day, ask)

    def _ask(
        self,
        operation: str,
        order_id: str,
        body: Mapping[str, object],
        read: Callable[[Envelope, Verdict, Account, str], T],
        attempts: int = ATTEMPTS,
    ) -> T:
        call = Call(
            operation=operation,
            order_id=order_id,
            url=endpoints.url(self.account, operation, order_id),
            text=envelope.seal(body, self.account.key, self._head()),  # once: every attempt sends the same bytes
            attempts=attempts,
        )

        def reader(answer: Envelope, verdict: Verdict) -> T:
            return read(answer, verdict, self.account, order_id)

        return self._transport.ask(call, envelope.cut, reader)

    def _page_of(self, listing: lists.Listing[Any]) -> lists.Ask:
        def ask(begin: datetime, end: datetime, number: int) -> list[Any]:
            body = listing.body(self.account, begin, end, number)
            call = Call(
                operation=listing.operation,
                order_id="",
                url=endpoints.url(self.account, listing.operation),
                text=envelope.seal(body, self.account.key, {**self._head(), "tokenType": "CHECKSUM"}),
            )
            return self._transport.ask(call, envelope.plain if listing.flat else envelope.cut, listing.rows)

        return ask

    def _head(self) -> dict[str, str]:
        return {"version": "v1", "requestTimestamp": str(int(time.time())), "channelId": self.account.channel}


def _check_keys(account: Account) -> None:
    if not account.keys:
        raise ConfigurationError(f'MERCHANT_KEY of account "{account.name}" is missing.')
    for key in account.keys:
        try:
            checksum.sign("", key)
        except (ValueError, TypeError) as error:
            raise ConfigurationError(f'MERCHANT_KEY of account "{account.name}" cannot be used: {error}') from None
