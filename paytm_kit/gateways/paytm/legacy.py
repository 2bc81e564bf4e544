"""The legacy form: one signed POST from the shopper's browser to /order/process, no token and no call of ours.

Source: Paytm docs of 2019, the hosted payment form; deprecated, for MIDs that have nothing newer.
"""

from __future__ import annotations

from paytm_kit import checksum
from paytm_kit.gateways.base import Account
from paytm_kit.gateways.paytm import fields


def form(account: Account, checked: fields.Checked) -> dict[str, str]:
    """The form's fields, signed. Raises Refused or ConfigurationError that names the field."""
    fields.require("TXN_AMOUNT", checked.amount, fields.LEGACY_AMOUNT, checked.order_id)
    values = {
        "MID": fields.require_setting("MERCHANT_ID", account.merchant_id, fields.MID, account),
        "ORDER_ID": checked.order_id,
        "CUST_ID": checked.customer_id,
        "TXN_AMOUNT": checked.amount,
        "CHANNEL_ID": fields.require_setting("CHANNEL", account.channel, fields.CHANNEL, account),
        "WEBSITE": fields.require_setting("WEBSITE", account.website, fields.LEGACY_WEBSITE, account),
        "INDUSTRY_TYPE_ID": fields.require_setting("INDUSTRY_TYPE", account.industry_type, fields.INDUSTRY, account),
        "CALLBACK_URL": checked.callback_url,
        "EMAIL": checked.email,
        "MOBILE_NO": checked.mobile,
    }
    sent = {name: value for name, value in values.items() if value}
    return {**sent, "CHECKSUMHASH": checksum.sign(sent, account.key)}
