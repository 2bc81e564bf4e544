"""Which gateways exist, by the name that an account carries."""

from __future__ import annotations

from collections.abc import Callable

from paytm_kit.gateways.base import Account, ConfigurationError, Gateway, Observer
from paytm_kit.gateways.paytm import PaytmGateway

GATEWAYS: dict[str, Callable[[Account, Observer | None], Gateway]] = {
    "paytm": PaytmGateway,
}


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
