"""The simulator's control plane, as the walkthrough asks it: its books, paying in a shopper's stead, its clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import requests
from django.utils.translation import gettext

from demo_site.walkthrough.access import account_of
from paytm_kit.masking import safe_line
from paytm_kit.models import Payment

QUICK = (1, 3)  # seconds to connect, to wait: a page is being drawn
PATIENT = (2, 30)  # the simulator brings callbacks to this shop before it answers


class Unwilling(Exception):
    """The simulator did not do it. ``str()`` says why, for people, in the active language."""


class Simulator:
    """The one that this payment is made at. Raises Unwilling."""

    def __init__(self, payment: Payment) -> None:
        account = account_of(payment) or {}
        self.url = str(account.get("HOST", "")).rstrip("/")
        self._order_id = payment.gateway_order_id
        self._order = f"orders/{quote(self._order_id, safe='')}"

    @property
    def watch_url(self) -> str:
        """The page on which the simulator tells the same story from its side."""
        return f"{self.url}/_sim/watch/order?{urlencode({'id': self._order_id})}"

    def order(self) -> dict[str, Any]:
        """What its books say of this payment; empty when nobody has told it of one yet."""
        return self._ask("GET", self._order, timeout=QUICK, missing={})

    def hops(self) -> list[dict[str, Any]]:
        """Who said what to whom at the bank."""
        return list(self._ask("GET", f"{self._order}/hops", timeout=QUICK, missing={"hops": []})["hops"])

    def pay(self, **how: Any) -> dict[str, Any]:
        """Pays as a shopper would who stands at the payment page now."""
        return self._ask("POST", f"{self._order}/pay", how)

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        """While this lasts, the fault strikes this payment and no other."""
        rule = self._ask("POST", "faults", {"fault": name, "order_id": self._order_id})
        try:
            yield
        finally:
            self._ask("DELETE", f"faults/{rule['id']}")

    def let_the_bank_answer(self) -> float:
        """Moves the simulated clock on until a pending payment settles; how many seconds that was."""
        now = datetime.fromisoformat(self._ask("GET", "health")["now"])
        waits = [row["settle_at"] for row in self.order().get("transactions", ()) if row["settle_at"]]
        if not waits:
            self._ask("POST", f"{self._order}/settle", {"outcome": "success"})
            return 0
        seconds = max(0.0, (max(map(datetime.fromisoformat, waits)) - now).total_seconds()) + 1
        self._ask("POST", "clock", {"advance_seconds": seconds})
        return round(seconds)

    def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        timeout: tuple[int, int] = PATIENT,
        missing: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """One call. ``missing`` is the answer where the simulator knows no such order."""
        with requests.Session() as session:
            session.trust_env = False  # a proxy from the environment has no business here
            try:
                answer = session.request(method, f"{self.url}/_sim/{path}", json=body, timeout=timeout)
                said: dict[str, Any] = answer.json()
            except (requests.RequestException, ValueError) as error:
                raise Unwilling(
                    gettext("The simulator does not answer at %(url)s. Is it running?") % {"url": self.url}
                ) from error
        if answer.ok:
            return said
        if answer.status_code == requests.codes.not_found and missing is not None:
            return missing
        why = safe_line(str(said.get("error", {}).get("message", answer.status_code)), 300)
        raise Unwilling(gettext("The simulator refused: %(why)s") % {"why": why})
