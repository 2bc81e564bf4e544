"""Stripe's own paths."""

from __future__ import annotations

from django.urls import path, re_path

from paytm_kit.standins.stripe import payments, refunds, sessions

urlpatterns = [
    path("v1/checkout/sessions", sessions.sessions),
    path("v1/checkout/sessions/<str:session_id>", sessions.session),
    path("v1/checkout/sessions/<str:session_id>/expire", sessions.expire),
    path("v1/payment_intents/<str:intent_id>", payments.intent),
    path("v1/charges/<str:charge_id>", payments.charge),
    path("v1/refunds", refunds.refunds),
    path("v1/refunds/<str:refund_id>", refunds.refund),
    re_path(r"^v1/(?:checkout|payment_intents|charges|refunds|customers|events|balance|prices)(?P<rest>.*)$",
            refunds.unknown),
]  # fmt: skip
