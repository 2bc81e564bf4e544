"""What each gateway can do through the kit: a table, which the documentation shows and a test compares with the code.

It is about what the kit has built, not about what the company sells.
"""

from __future__ import annotations

from dataclasses import dataclass

from paytm_kit.gateways.base import Flow


@dataclass(frozen=True, slots=True)
class Features:
    """One gateway's. Texts are short English for a table; empty: it has none of that."""

    title: str  # how the company writes itself
    flows: tuple[Flow, ...]  # the ways to its page, its usual one first
    currencies: str
    begins: str  # how the shopper is sent there; "form": nobody is asked, so that a gateway that is down is not noticed
    notices: str  # what signs its webhooks
    collects: bool = False  # the shopper only agrees, and the kit takes the money in a step of its own
    withdraws: bool = False  # an old page can be made void, so that nobody pays on it any more
    lists: bool = False  # of orders and refunds, for the daily sweep
    settlement: bool = False  # payouts, line by line
    disputes: bool = False  # are heard of by webhook
    extra: str = ""  # of pip, where it needs a library


BY_GATEWAY = {
    "paytm": Features(
        title="Paytm",
        flows=(Flow.HOSTED, Flow.JS, Flow.LEGACY),
        currencies="INR",
        begins="API call, then form",
        notices="Paytm's checksum (AES, merchant key)",
        lists=True,
        settlement=True,
        disputes=True,
    ),
    "zaakpay": Features(
        title="Zaakpay",
        flows=(Flow.HOSTED,),
        currencies="INR",
        begins="form",
        notices="HMAC-SHA256, secret key",
    ),
    "stripe": Features(
        title="Stripe",
        flows=(Flow.HOSTED,),
        currencies="most, of which the account takes one",
        begins="API call, then link",
        notices="HMAC-SHA256, signing secret",
        withdraws=True,
        lists=True,
        disputes=True,
        extra="stripe",
    ),
    "paypal": Features(
        title="PayPal",
        flows=(Flow.HOSTED,),
        currencies="PayPal's list, of which the account takes one; no INR",
        begins="API call, then link",
        notices="RSA, certificate checked offline",
        collects=True,
        withdraws=True,
        disputes=True,
        extra="paypal",
    ),
}


def of(gateway: str) -> Features:
    """A gateway's features; one that somebody added has a hosted page and its name."""
    return BY_GATEWAY.get(gateway) or Features(gateway.capitalize(), (Flow.HOSTED,), "", "", "")
