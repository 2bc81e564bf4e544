"""Where Paytm is: hosts per environment, paths per operation.

The hosts moved from paytm.in to paytmpayments.com from October 2024 on; the old ones still serve some merchants
(``Account.host``). Source: Paytm docs, Initiate Transaction API; hosts as in Paytm's own SDKs and plugins.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from paytm_kit.gateways import hosts
from paytm_kit.gateways.base import Account

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
    """scheme://host[:port] of the account's Paytm. Raises ConfigurationError when it must not be used."""
    return hosts.origin(account, HOSTS, ENVIRONMENT_OF, who="Paytm")


def url(account: Account, operation: str, order_id: str = "") -> str:
    """The full address of an operation in ``PATHS``. Raises ConfigurationError."""
    path = PATHS[operation].format(mid=quote(account.merchant_id, safe=""))
    query = f"?{urlencode({'mid': account.merchant_id, 'orderId': order_id})}" if operation in NAMES_ORDER else ""
    return host(account) + path + query
