"""What looks wrong about an account's settings for Stripe: ids and keys of the right kind and mode. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from paytm_kit.gateways.base import Account, Fault

_ACCOUNT = re.compile(r"acct_[A-Za-z0-9]{4,60}")
_SECRET_KEY = re.compile(r"(?:sk|rk)_(test|live)_[A-Za-z0-9_]{8,250}")
_WEBHOOK_SECRET = re.compile(r"whsec_[!-~]{8,250}")


def find(account: Account) -> Iterator[Fault]:
    """Every fault of the account, the keys' first."""
    of = f'of account "{account.name}"'
    for name, key in zip(("MERCHANT_KEY", "PREVIOUS_MERCHANT_KEY"), account.keys or ("",), strict=False):
        yield from _of_key(f"{name} {of}", key, account.environment)
    if not _ACCOUNT.fullmatch(account.merchant_id):
        yield Fault(
            "E062",
            True,
            f"MERCHANT_ID {of} is no Stripe account id.",
            "It begins with acct_: Settings, Account details.",
        )
    if not all(_WEBHOOK_SECRET.fullmatch(secret) for secret in account.webhook_secrets):
        yield Fault(
            "E063",
            True,
            f"WEBHOOK_SECRET {of} is no signing secret.",
            "It begins with whsec_: the webhook endpoint's page in Stripe's dashboard reveals it.",
        )
    if not account.webhook_secrets:
        yield Fault(
            "W064",
            False,
            f"Account {account.name!r} has no WEBHOOK_SECRET: every webhook of Stripe is refused.",
            "Without them, whoever pays and closes the browser is heard of by paytm_reconcile alone.",
        )


def _of_key(named: str, key: str, environment: str) -> Iterator[Fault]:
    match = _SECRET_KEY.fullmatch(key)
    if match is None:
        yield Fault(
            "E060",
            True,
            f"{named} is no secret key of Stripe.",
            "It begins with sk_ or rk_ (restricted); pk_ is the publishable key, which cannot ask for anything.",
        )
    elif (match[1] == "live") != (environment == "production"):
        yield Fault(
            "E061",
            True,
            f"{named} is a {match[1]} key, but ENVIRONMENT is {environment}.",
            "Live keys belong to production alone, test keys (also of sandboxes) to staging and simulator.",
        )
