"""What looks wrong about an account's settings for Paytm: key, MID, website. Pure; nothing is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

from paytm_kit.gateways.base import Account, Fault

KEY_LENGTHS = (16, 24, 32)  # bytes, of AES; Paytm's own keys have 16


def find(account: Account) -> Iterator[Fault]:
    """Every fault of the account, the keys' first."""
    for name, key in zip(("merchant key", "previous merchant key"), account.keys, strict=False):
        if len(key.encode()) not in KEY_LENGTHS:
            yield Fault(
                "E006",
                True,
                f'The {name} of account "{account.name}" has {len(key.encode())} bytes; it must have 16.',
                "Was it cut at a # or a quote, or does it carry a space or line break? Quote it in .env.",
            )
        elif key != key.strip():
            yield Fault(
                "W018",
                False,
                f'The {name} of account "{account.name}" begins or ends with white space.',
                "Paytm's keys do not: copy it anew from the dashboard, or every signature will be wrong.",
            )
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,20}", account.merchant_id):
        yield Fault(
            "E007",
            True,
            f'The MID of account "{account.name}" must be at most 20 letters and digits.',
            "Copy it from API keys in Paytm's dashboard.",
        )
    if account.environment == "production" and account.website == "WEBSTAGING":
        yield Fault(
            "W009",
            False,
            f'Account "{account.name}" is production but its website is WEBSTAGING.',
            "Set WEBSITE to the name in the dashboard, usually DEFAULT: else Paytm answers 501 System Error.",
        )
