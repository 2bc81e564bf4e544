"""How we name payments and refunds to a gateway: unique, not to be guessed, readable aloud, in a form that it takes.

None looks like a card number: masking would hide it in logs and in the stored messages that replay reads again.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from paytm_kit.masking import mask_cards

INDIA = timezone(timedelta(hours=5, minutes=30), "IST")
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # no l, o, 0, 1: people read these ids aloud to support


@dataclass(frozen=True, slots=True)
class Form:
    """The day in India as six digits, then ``separator`` and so many random characters of five bits each."""

    separator: str = "-"
    random: int = 20

    @property
    def length(self) -> int:
        return 6 + len(self.separator) + self.random


USUAL = Form()
# Zaakpay, Redirect Flow: letters and digits, at most 20 (70 random bits remain).
FORMS: Mapping[str, Form] = {"zaakpay": Form(separator="", random=14)}
_FORMS = (USUAL, *FORMS.values())


def new(gateway: str, now: datetime) -> str:
    """A gateway order id for this gateway, such as ``261122-74mpymfdtpxn2jjckmzt``."""
    form = FORMS.get(gateway, USUAL)
    day = f"{now.astimezone(INDIA):%y%m%d}{form.separator}"
    return _no_card(lambda: day + "".join(secrets.choice(ALPHABET) for _ in range(form.random)))


def is_payment(text: str) -> bool:
    """Whether this can be a gateway order id of ours, in any form."""
    return any(re.fullmatch(rf"\d{{6}}{form.separator}[{ALPHABET}]{{{form.random}}}", text) for form in _FORMS)


def new_refund() -> str:
    """A refund id for any gateway: 26 characters, 96 random bits."""
    return _no_card(lambda: f"r-{secrets.token_hex(12)}")


def is_refund(text: str) -> bool:
    """Whether this can be a refund id of ours: some gateways show other names in the same place."""
    return re.fullmatch(r"r-[0-9a-f]{24}", text) is not None


def _no_card(make: Callable[[], str]) -> str:
    while mask_cards(made := make()) != made:
        continue
    return made
