"""Zaakpay (MobiKwik) behind the kit's gateway interface."""

from paytm_kit.gateways.zaakpay.gateway import ZaakpayGateway

__all__ = ["ZaakpayGateway"]
