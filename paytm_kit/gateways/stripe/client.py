"""Stripe's own library over our connections: it words the questions, we carry them. The one module that imports it.

So every call is bounded in time and size, repeated only where that is safe, and told to the observer without its
headers, which hold the key.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests
import stripe

from paytm_kit.gateways import inbound
from paytm_kit.gateways.base import Account, Observer, Unreachable
from paytm_kit.gateways.http import ATTEMPTS, Call, Transport
from paytm_kit.gateways.stripe import answers

TOLERANCE = 300  # seconds; the library's own default

Ask = Callable[[Any], Any]  # takes the library's services (client.v1), gives one of its objects


class _Carrier(stripe.HTTPClient):
    """What the library takes for its HTTP client: one question of ours. Its own repeats are switched off."""

    name = "paytm-kit"

    def __init__(self, transport: Transport, operation: str, order_id: str, attempts: int) -> None:
        super().__init__()
        self._transport, self._operation, self._order_id = transport, operation, order_id
        self._attempts = attempts

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        parts = urlsplit(url)
        call = Call(
            operation=self._operation,
            order_id=self._order_id,
            url=f"{parts.scheme}://{parts.netloc}{parts.path}",
            text=post_data or parts.query,
            attempts=self._attempts,
            content_type=inbound.FORM,
            headers={name: value for name, value in (headers or {}).items() if name.lower() != "content-type"},
            method=method.upper(),
            refusal=partial(answers.refusal, order_id=self._order_id),
        )
        return self._transport.ask(call, answers.opened, lambda said, _: said.text), 200, {}


class Client:
    """Asks Stripe with the key of one account. Raises only GatewayError."""

    def __init__(
        self, account: Account, host: str, observer: Observer | None, session: requests.Session | None = None
    ) -> None:
        self._key, self._host = account.key, host
        self._transport = Transport(account, who="Stripe", observer=observer, session=session)

    def ask(self, operation: str, order_id: str, ask: Ask, *, attempts: int = ATTEMPTS) -> dict[str, Any]:
        """One question in the library's words; its Idempotency-Key is the same at each attempt."""
        carrier = _Carrier(self._transport, operation, order_id, attempts)
        client = stripe.StripeClient(
            self._key, base_addresses={"api": self._host}, max_network_retries=0, http_client=carrier
        )
        try:
            found: dict[str, Any] = ask(client.v1).to_dict()
        except stripe.StripeError as error:
            raise Unreachable(
                f"Stripe's answer to {operation} is unreadable ({type(error).__name__}). Ask again.", order_id=order_id
            ) from None
        return found


def is_signed(body: str, header: str, secrets: tuple[str, ...]) -> bool:
    """Whether one of the secrets signed this text, at most 300 seconds ago or, as clocks differ, ahead. Total."""
    found = [_matches(body, header, secret) for secret in secrets]
    return any(found) and _is_no_later(header)


def _matches(body: str, header: str, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(body, header, secret, TOLERANCE))
    except (stripe.SignatureVerificationError, ValueError, TypeError):  # the latter two of odd characters
        return False


def _is_no_later(header: str) -> bool:
    """The library takes a signature of tomorrow, which a thief could keep for a year."""
    stamp = next(part.split("=")[1] for part in header.split(",") if part.startswith("t="))  # the one that is signed
    return int(stamp) <= time.time() + TOLERANCE
