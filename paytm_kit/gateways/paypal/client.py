"""Calls to PayPal's API as the account's app: each bears the token, and a new one if that has ended early."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import requests

from paytm_kit.gateways.base import Account, GatewayError, Observer, Refused
from paytm_kit.gateways.http import ATTEMPTS, Call, Transport
from paytm_kit.gateways.paypal import answers
from paytm_kit.gateways.paypal.answers import Answer
from paytm_kit.gateways.paypal.tokens import Tokens

T = TypeVar("T")

WHOLE = {"Prefer": "return=representation"}  # else an answer holds the id, the status and links only


class TokenRefused(Refused):
    """Our token is not taken (any more): nothing was looked at or done."""

    code = "token_refused"


class Client:
    def __init__(
        self, account: Account, origin: str, observer: Observer | None, session: requests.Session | None
    ) -> None:
        self._origin = origin
        self.transport = Transport(account, who="PayPal", observer=observer, session=session)
        self._tokens = Tokens(account, origin, self.transport)

    def get(self, operation: str, order_id: str, path: str, read: Callable[[Answer], T]) -> T:
        return self._ask(operation, order_id, path, read, method="GET")

    def post(
        self,
        operation: str,
        order_id: str,
        path: str,
        read: Callable[[Answer], T],
        *,
        body: Mapping[str, Any],
        request_id: str,
        attempts: int = ATTEMPTS,
    ) -> T:
        """``request_id``: the same again is the same request to PayPal, which does it once (PayPal-Request-Id)."""
        headers = {**WHOLE, "PayPal-Request-Id": request_id}
        text = json.dumps(body, separators=(",", ":"))
        return self._ask(operation, order_id, path, read, text=text, headers=headers, attempts=attempts)

    def _ask(
        self,
        operation: str,
        order_id: str,
        path: str,
        read: Callable[[Answer], T],
        *,
        headers: Mapping[str, str] | None = None,
        **how: Any,
    ) -> T:
        def asked(token: str) -> T:
            call = Call(
                operation=operation,
                order_id=order_id,
                url=self._origin + path,
                headers={**(headers or {}), "Authorization": f"Bearer {token}"},
                believed=answers.BELIEVED,
                refusal=refusal,
                **{"text": "", **how},
            )
            return self.transport.ask(call, answers.opened, lambda answer, _: read(answer))

        def refusal(status: int, text: str) -> GatewayError | None:
            return TokenRefused("PayPal did not take our token.", order_id=order_id) if status == 401 else None

        token = self._tokens.current()
        try:
            return asked(token)
        except TokenRefused:
            return asked(self._tokens.current(instead_of=token))
