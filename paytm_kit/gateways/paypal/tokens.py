"""The OAuth token of an account: one for all threads, in memory only, until shortly before its end.

Source: PayPal, REST API authentication (client credentials, RFC 6749, 4.4). While the app's secret is changed, the new
one is tried first and then the old one.
"""

from __future__ import annotations

import base64
import re
import threading
import time

from paytm_kit.gateways import inbound
from paytm_kit.gateways.base import Account, ConfigurationError, Unreachable
from paytm_kit.gateways.http import Call, Transport
from paytm_kit.gateways.paypal import answers

PATH = "/v1/oauth2/token"
MARGIN = 60.0  # seconds before its end from which a token is no longer used

_TOKEN = re.compile(r"[!-~]{1,8192}")


class Tokens:
    def __init__(self, account: Account, origin: str, transport: Transport) -> None:
        self._account, self._url, self._transport = account, origin + PATH, transport
        self._lock = threading.Lock()
        self._token, self._until = "", 0.0

    def current(self, *, instead_of: str = "") -> str:
        """A token that is good now, and another than the one that was just refused.

        Raises Unreachable, and ConfigurationError when PayPal takes none of the account's secrets.
        """
        if not self._lock.acquire(timeout=self._account.connect_timeout + self._account.read_timeout):
            raise Unreachable("PayPal gives no token: another call has been waiting for one all the time. Ask again.")
        try:
            if self._token in ("", instead_of) or time.monotonic() >= self._until:
                self._token, self._until = self._fetched()
            return self._token
        finally:
            self._lock.release()

    def _fetched(self) -> tuple[str, float]:
        began, said = time.monotonic(), answers.Answer({})
        for key in self._account.keys:
            said = self._transport.ask(self._call(key), answers.opened, lambda answer, _: answer)
            if not said.error:
                break
        else:
            raise ConfigurationError(
                f'PayPal does not take CLIENT_ID and MERCHANT_KEY of account "{self._account.name}" ({said.issue}). '
                "Compare them with the REST app in PayPal's dashboard; Sandbox and Live have different ones."
            )
        token, life = said.body.get("access_token"), said.body.get("expires_in")
        if not isinstance(token, str) or not _TOKEN.fullmatch(token):
            raise Unreachable("PayPal's answer holds no token. Ask again.")
        return token, began + (life - MARGIN if type(life) is int else 0)

    def _call(self, key: str) -> Call:
        credentials = base64.b64encode(f"{self._account.client_id}:{key}".encode()).decode()
        return Call(
            operation="token",
            order_id="",
            url=self._url,
            text="grant_type=client_credentials",
            content_type=inbound.FORM,
            headers={"Authorization": f"Basic {credentials}"},
            believed=frozenset({400, 401}),
            confidential=True,
        )
