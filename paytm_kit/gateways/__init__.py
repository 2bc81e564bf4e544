"""Which gateways exist, by the name that an account carries."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from paytm_kit.gateways.base import Account, ConfigurationError, Fault, Gateway, Meaning, Observer
from paytm_kit.gateways.paypal import PayPalGateway
from paytm_kit.gateways.paypal.codes import explain as explain_paypal
from paytm_kit.gateways.paypal.faults import find as find_paypal_faults
from paytm_kit.gateways.paytm import PaytmGateway
from paytm_kit.gateways.paytm.codes import explain
from paytm_kit.gateways.paytm.faults import find as find_faults
from paytm_kit.gateways.stripe import StripeGateway
from paytm_kit.gateways.stripe.codes import explain as explain_stripe
from paytm_kit.gateways.stripe.faults import find as find_stripe_faults
from paytm_kit.gateways.zaakpay import ZaakpayGateway
from paytm_kit.gateways.zaakpay.codes import explain as explain_zaakpay

GATEWAYS: dict[str, Callable[[Account, Observer | None], Gateway]] = {
    "paytm": PaytmGateway,
    "zaakpay": ZaakpayGateway,
    "paypal": PayPalGateway,
    "stripe": StripeGateway,
}


# What a result code means; asked with the code and whether it came with a refund.
CODES: dict[str, Callable[[str, bool], Meaning | None]] = {
    "paytm": explain,
    "zaakpay": explain_zaakpay,
    "paypal": explain_paypal,
    "stripe": explain_stripe,
}


def meaning(gateway: str, code: str, *, of_refund: bool = False) -> Meaning | None:
    """What a result code of this gateway means; ``None`` for a code or a gateway that we do not know."""
    find = CODES.get(gateway)
    return find(code, of_refund) if find is not None and code else None


# What looks wrong about an account's settings. What has no row here is said when the gateway is built.
FAULTS: dict[str, Callable[[Account], Iterator[Fault]]] = {
    "paytm": find_faults,
    "paypal": find_paypal_faults,
    "stripe": find_stripe_faults,
}


def faults(account: Account) -> Iterator[Fault]:
    """What looks wrong about this account's settings, before anything is sent."""
    find = FAULTS.get(account.gateway)
    return find(account) if find is not None else iter(())


def build(account: Account, observer: Observer | None = None) -> Gateway:
    """The gateway that speaks for this account; ``observer`` is told of every HTTP call it makes.

    Keep the result: it holds open connections. Raises ConfigurationError for a gateway that does not exist and for
    an account that cannot work (host, key length, missing value).
    """
    try:
        make = GATEWAYS[account.gateway]
    except KeyError:
        known = ", ".join(sorted(GATEWAYS))
        raise ConfigurationError(
            f'Account "{account.name}" names the gateway "{account.gateway}", which does not exist. Known: {known}.'
        ) from None
    return make(account, observer)
