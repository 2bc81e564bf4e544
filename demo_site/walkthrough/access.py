"""Where the walkthrough exists and for whom: payments at Paytm's simulator alone, for the order's shopper and staff.

The steps, checksums and attempts are Paytm's. Of the stand-ins of other gateways there is no walkthrough.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from demo_site.shop.models import Order
from demo_site.shop.ordering import is_own
from paytm_kit.models import Payment

SIMULATOR, PAYTM = "simulator", "paytm"


def account_of(payment: Payment) -> Mapping[str, Any] | None:
    """The account as the settings have it; ``None`` unless it and the payment are Paytm's simulator's."""
    if payment.gateway != PAYTM:
        return None
    account: Mapping[str, Any] = settings.PAYTM_KIT["ACCOUNTS"].get(payment.account) or {}
    own = (SIMULATOR, account.get("ENVIRONMENT"), account.get("MERCHANT_ID"))
    return account if own == (payment.environment, SIMULATOR, payment.merchant_id) else None


def owns(request: HttpRequest, order: Order) -> bool:
    """Whether it is this shopper's order: of a guest's, the browser that placed it."""
    return order.user_id in (None, request.user.pk) and is_own(request, order)


def may_watch(request: HttpRequest, payment: Payment) -> bool:
    """Whether this person sees the walkthrough of this payment."""
    order = payment.order
    if account_of(payment) is None or not isinstance(order, Order):
        return False
    user = request.user
    is_staff = isinstance(user, User) and user.is_staff and user.has_perm("paytm_kit.view_payment")
    return is_staff or owns(request, order)


def watched(request: HttpRequest, token: str) -> Payment:
    """The payment behind an address of the walkthrough. Raises Http404 where it does not exist for this person."""
    payment = get_object_or_404(Payment, token=token)
    if not may_watch(request, payment):
        raise Http404
    return payment
