"""Where Paytm is: hosts per environment, paths per operation, and which addresses an account may use.

The hosts moved from paytm.in to paytmpayments.com from October 2024 on; the old ones still serve some merchants
(``Account.host``). Source: Paytm docs, Initiate Transaction API; hosts as in Paytm's own SDKs and plugins.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import quote, urlencode

from paytm_kit.gateways.base import Account, ConfigurationError

HOSTS = {
    "production": "https://secure.paytmpayments.com",
    "staging": "https://securestage.paytmpayments.com",
}

# Every Paytm host that we know, old and new: one of these under another environment's name is a mistake.
ENVIRONMENT_OF = {
    "secure.paytmpayments.com": "production",
    "securegw.paytm.in": "production",
    "securestage.paytmpayments.com": "staging",
    "securegw-stage.paytm.in": "staging",
    "securegw-staging.paytm.in": "staging",
    "pguat.paytm.com": "staging",
}

PATHS = {
    "initiate": "/theia/api/v1/initiateTransaction",
    "status": "/v3/order/status",
    "refund": "/refund/apply",
    "refund_sync": "/refund/api/v1/refund/apply/sync",
    "refund_status": "/v2/refund/status",
    "order_list": "/merchant-passbook/search/list/order/v2",
    "refund_list": "/merchant-passbook/api/v1/refundList",
    "settlements": "/merchant-settlement-service/settlement/list",
    "payment_page": "/theia/api/v1/showPaymentPage",
    "checkout_js": "/merchantpgpui/checkoutjs/merchants/{mid}.js",
    "legacy": "/order/process",
}

NAMES_ORDER = frozenset({"initiate", "payment_page"})  # these repeat mid and orderId in the query


def host(account: Account) -> str:
    """scheme://host[:port] of the account's Paytm. Raises ConfigurationError when it must not be used.

    Only https, except for a simulator on this very machine.
    """
    origin = (account.host or HOSTS.get(account.environment, "")).rstrip("/")
    name = _hostname(origin)
    where = f'HOST of account "{account.name}"'
    if not name:
        raise ConfigurationError(f"{where} must be https://name[:port] and nothing more ({account.environment}).")
    if origin.startswith("http:") and not (account.environment == "simulator" and is_loopback(account)):
        raise ConfigurationError(f"{where} must use https; plain http is for a simulator on this machine only.")
    if ENVIRONMENT_OF.get(name, account.environment) != account.environment:
        raise ConfigurationError(
            f"{where} is Paytm's {ENVIRONMENT_OF[name]} host, but ENVIRONMENT says {account.environment}."
        )
    return origin


def is_loopback(account: Account) -> bool:
    """Whether the account's host is this very machine."""
    name = _hostname(account.host.rstrip("/"))
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def url(account: Account, operation: str, order_id: str = "") -> str:
    """The full address of an operation in ``PATHS``. Raises ConfigurationError."""
    path = PATHS[operation].format(mid=quote(account.merchant_id, safe=""))
    query = f"?{urlencode({'mid': account.merchant_id, 'orderId': order_id})}" if operation in NAMES_ORDER else ""
    return host(account) + path + query


def _hostname(origin: str) -> str:
    """The host's name in lower case; empty unless the text is http(s)://name[:port] and nothing more."""
    match = re.fullmatch(r"https?://(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+))(?::[0-9]{1,5})?", origin, re.ASCII)
    return (match[1] or match[2]).lower() if match else ""
