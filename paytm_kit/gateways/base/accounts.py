"""What the kit knows of one merchant account at one gateway, and what can look wrong about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from paytm_kit.gateways.base.payments import Flow


@dataclass(frozen=True, slots=True)
class Account:
    """One set of credentials at one gateway. ``repr`` never shows a key."""

    name: str
    gateway: str
    environment: str  # "production", "staging" or "simulator"
    merchant_id: str
    keys: tuple[str, ...] = field(repr=False)  # the first signs, every one verifies (rotation)
    website: str = "WEBSTAGING"
    industry_type: str = "Retail"
    channel: str = "WEB"
    host: str = ""  # scheme://host[:port]; empty = the gateway's own host for the environment
    flow: Flow = Flow.HOSTED
    currency: str = "INR"
    connect_timeout: float = 5.0  # seconds
    read_timeout: float = 30.0  # seconds
    require_signed_responses: bool = True
    settlement_signature: str = "fields"  # what signs a question for settlements: its "fields", or its JSON "text"
    client_id: str = ""  # PayPal: the REST app that ``keys`` are the secrets of
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)  # where notices have a key of their own (Stripe)
    webhook_id: str = ""  # PayPal: the webhook whose id is part of what is signed
    page_version: str = ""  # Zaakpay: of its payment page; empty = the gateway's default
    offered: bool = False  # to shoppers who may choose, or whose gateway cannot begin
    label: str = ""  # what a shopper who chooses reads; empty = the gateway's name

    @property
    def key(self) -> str:
        return self.keys[0]


@dataclass(frozen=True, slots=True)
class Fault:
    """What looks wrong about an account's settings before anything was sent: ``id`` such as E006 is for good."""

    id: str
    serious: bool  # it cannot work; otherwise it only looks wrong
    what: str
    todo: str
