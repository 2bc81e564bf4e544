"""The rules that are in force unless a site says otherwise, and recipes that it can name. Data.

The default ones only flag: a kit must not refuse honest people unasked. A recipe is switched on by its name:
``RISK_RULES=default, code_after_failures``. Their amounts are rupees, and say nothing of payments in other currencies:
a site that takes those writes rules with a ``currency`` of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from paytm_kit.gateways.base import gettext_noop

Data = Mapping[str, Any]

DEFAULT: tuple[Data, ...] = (
    {
        "name": "customer_fails_often",
        "when": "customer_failures >= 5 in 1h",
        "action": "flag",
        "reason": gettext_noop("This customer's payments failed many times within an hour."),
    },
    {
        "name": "device_fails_often",
        "when": "device_failures >= 5 in 1h",
        "action": "flag",
        "reason": gettext_noop("Many payments from this browser failed within an hour: somebody may be trying cards."),
    },
    {
        "name": "address_fails_often",
        "when": "address_failures >= 25 in 1h",
        "action": "flag",
        "reason": gettext_noop("Many payments from this address failed within an hour: somebody may be trying cards."),
    },
    {
        "name": "many_customers_on_device",
        "when": "device_customers >= 5 in 1d",
        "action": "flag",
        "reason": gettext_noop("One browser started payments of many customers within a day."),
    },
    {
        "name": "many_payments",
        "when": "customer_payments >= 15 in 1d",
        "action": "flag",
        "reason": gettext_noop("This customer opened unusually many payments within a day."),
    },
    {
        "name": "high_first_payment",
        "when": ["amount >= 25000", "customer_paid == 0"],
        "action": "flag",
        "reason": gettext_noop("A high amount from a customer who has never paid here before."),
    },
    {
        "name": "mismatch_before",
        "when": "customer_mismatches >= 1 in 30d",
        "action": "flag",
        "reason": gettext_noop("What the gateway reported of an earlier payment of this customer did not fit."),
    },
)

RECIPES: tuple[Data, ...] = (
    {
        "name": "code_after_failures",
        "when": "customer_failures >= 3 in 1h",
        "action": "verify",
        "reason": gettext_noop("Several failed payments within an hour: the customer proves their e-mail address."),
    },
    {
        "name": "code_for_high_first_payment",
        "when": ["amount >= 25000", "customer_paid == 0"],
        "action": "verify",
        "reason": gettext_noop("A high first payment: the customer proves their e-mail address."),
    },
    {
        "name": "hold_very_high_amount",
        "when": "amount >= 200000",
        "action": "hold",
        "reason": gettext_noop("A very high amount: a person looks at the order before it is paid."),
    },
    {
        "name": "hold_many_customers_on_device",
        "when": "device_customers >= 8 in 1d",
        "action": "hold",
        "reason": gettext_noop("One browser pays for unusually many customers: a person looks before it is paid."),
    },
    {
        "name": "refuse_card_testing",
        "when": "device_failures >= 15 in 1h",
        "action": "refuse",
        "reason": gettext_noop("So many failures from one browser within an hour are no accident."),
    },
)

# What a setting can name: "default", "off", each rule and each recipe.
NAMED: Mapping[str, Sequence[Data]] = {
    "default": DEFAULT,
    "off": (),
    **{rule["name"]: (rule,) for rule in (*DEFAULT, *RECIPES)},
}
