"""PayPal's own paths."""

from __future__ import annotations

from django.urls import path, re_path

from paytm_kit.standins.paypal import captures, notices, orders, tokens

urlpatterns = [
    path("v1/oauth2/token", tokens.token),
    path("v2/checkout/orders", orders.create),
    path("v2/checkout/orders/<str:order_id>", orders.show),
    path("v2/checkout/orders/<str:order_id>/capture", orders.capture),
    path("v2/payments/captures/<str:capture_id>", captures.show),
    path("v2/payments/captures/<str:capture_id>/refund", captures.refund),
    path("v2/payments/refunds/<str:refund_id>", captures.show_refund),
    path("v1/notifications/certs/<str:name>", notices.certs),
    path("v1/notifications/verify-webhook-signature", notices.verify),
    re_path(r"^v2/(?:checkout|payments)/(?P<rest>.*)$", orders.unknown),
]
