"""What looks wrong about an account's settings for PayPal although it can work. Pure; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator

from paytm_kit.gateways.base import Account, Fault


def find(account: Account) -> Iterator[Fault]:
    """Every fault of the account. What keeps it from working at all is said when the gateway is built."""
    if not account.webhook_id:
        yield Fault(
            "W054",
            False,
            f'WEBHOOK_ID of account "{account.name}" is not set, so that no webhook of PayPal\'s can be believed.',
            "Create the webhook in PayPal's dashboard and copy its id. Until then each is answered 503 and sent again, "
            "and payments are confirmed when the shopper comes back or paytm_reconcile asks.",
        )
