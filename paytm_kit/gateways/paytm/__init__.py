"""Paytm: ``PaytmClient`` speaks its API, ``PaytmGateway`` puts that behind the kit's gateway interface."""

from __future__ import annotations

from paytm_kit.gateways.paytm.client import PaytmClient
from paytm_kit.gateways.paytm.gateway import PaytmGateway

__all__ = ["PaytmClient", "PaytmGateway"]
