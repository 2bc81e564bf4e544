"""An answer of PayPal: the resource that was asked for, or an error with its first issue. TLS vouches for both.

Source: PayPal, REST API responses (name, message, debug_id, details[].issue); OAuth's own errors are RFC 6749, 5.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from paytm_kit.gateways import objects
from paytm_kit.gateways.base import Refused
from paytm_kit.masking import one_line, safe_line

# What says no, and says why in JSON. 401 is the token's affair (client.py); 409, 429 and 5xx are to be asked again.
BELIEVED = frozenset({400, 403, 404, 422})
NOT_FOUND = frozenset({"RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID"})
# Our question was wrong, or is not ours to ask: nothing was looked at or done.
QUESTION = frozenset({"INVALID_REQUEST", "NOT_AUTHORIZED", "PERMISSION_DENIED"})


@dataclass(frozen=True, slots=True)
class Answer:
    body: Mapping[str, Any] = field(repr=False)

    def verdict(self, keys: tuple[str, ...]) -> None:
        """Nobody signed it."""

    @property
    def error(self) -> str:
        """The error's name, such as UNPROCESSABLE_ENTITY or invalid_client; empty for a resource."""
        return objects.text(self.body.get("name")) or objects.text(self.body.get("error"))

    @property
    def issue(self) -> str:
        """The first reason why, such as ORDER_NOT_APPROVED; of an error without any its name."""
        named = (objects.text(row.get("issue")) for row in objects.rows(self.body, "details"))
        return one_line(next(filter(None, named), self.error), 64)

    @property
    def message(self) -> str:
        """PayPal's sentence and the id that its support asks for."""
        told = next(iter(objects.rows(self.body, "details")), {}).get("description") or self.body.get("message")
        debug_id = objects.identifier(self.body.get("debug_id"))
        return safe_line(f"{objects.text(told)} (debug id {debug_id})" if debug_id else objects.text(told))

    @property
    def lost(self) -> bool:
        """Whether it says that there is no such thing."""
        return self.error in NOT_FOUND or self.issue in NOT_FOUND

    def refused(self, order_id: str) -> Refused:
        return Refused(f"PayPal refused: {self.issue} {self.message}", order_id=order_id, gateway_code=self.issue)


def opened(text: str) -> Answer:
    """Raises Unreadable for what is no JSON object, and for one that names a member twice."""
    return Answer(objects.read(text))
