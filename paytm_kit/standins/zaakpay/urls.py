"""Zaakpay's own paths."""

from __future__ import annotations

from django.urls import path, re_path

from paytm_kit.standins.zaakpay import checkout, status, updates

urlpatterns = [
    re_path(r"^api/paymentTransact/V(?P<version>8|13)$", checkout.transact),
    path("checkTxn", status.check),
    path("updateTxn", updates.update),
]
