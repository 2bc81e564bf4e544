"""Which accounts can collect an order: set up, offered to shoppers, of its currency, and fit for the amount.

Nobody is asked: an account whose gateway is down is on offer until it cannot begin (``checkout.redirect`` then shows
the others).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from paytm_kit import conf
from paytm_kit.gateways import features
from paytm_kit.gateways.base import Account, ConfigurationError
from paytm_kit.logs import EventLog
from paytm_kit.models import Payment
from paytm_kit.services import journal

if TYPE_CHECKING:
    from paytm_kit.payable import PayableMixin

log = EventLog("paytm_kit.offers")


@dataclass(frozen=True, slots=True)
class Offer:
    """One way to pay: the account by its name in ``PAYTM_KIT["ACCOUNTS"]``, and what a shopper reads of it."""

    account: str
    gateway: str
    label: str
    currency: str
    flow: str
    flows: tuple[str, ...]  # the ways to the gateway's page that there are, for ``checkout.redirect``


def for_order(order: PayableMixin, amount: Decimal | None = None) -> list[Offer]:
    """The accounts on offer, in the order of the settings; ``amount`` is by default what the order still owes.

    Where no account is OFFERED the one named "default" stands alone. One that is set up wrongly is left out, and the
    log says why.
    """
    owed = order.balance_due if amount is None else amount
    return _fitting(order.payment_currency(), owed)


def instead_of(payment: Payment) -> list[Offer]:
    """The other accounts that could collect what this payment was to collect."""
    offers = _fitting(payment.currency, payment.amount, only_offered=True)
    return [offer for offer in offers if offer.account != payment.account]


def _fitting(currency: str, amount: Decimal, *, only_offered: bool = False) -> list[Offer]:
    accounts = [account for account in map(_account, conf.raw_accounts()) if account is not None]
    offered = [account for account in accounts if account.offered]
    if not offered and not only_offered:
        offered = [account for account in accounts if account.name == "default"]
    return [_offer(account) for account in offered if _fits(account, currency, amount)]


def _account(name: str) -> Account | None:
    try:
        return conf.account(name)
    except ConfigurationError as error:
        log.error("offer.not_configured", account=name, why=error)
        return None


def _fits(account: Account, currency: str, amount: Decimal) -> bool:
    if account.currency != currency:
        return False
    try:
        return not journal.gateway_for(account).unfit(amount, currency)
    except ConfigurationError as error:
        log.error("offer.not_configured", account=account.name, why=error)
        return False


def _offer(account: Account) -> Offer:
    known = features.of(account.gateway)
    flows = tuple(flow.value for flow in known.flows)
    label = account.label or known.title
    return Offer(account.name, account.gateway, label, account.currency, account.flow.value, flows)
