"""Addresses of the kit. Every account other than "default" has a callback and a webhook of its own."""

from django.urls import path

from paytm_kit import views

app_name = "paytm_kit"

urlpatterns = [
    path("open/", views.open_, name="open"),
    path("pay/<slug:token>/", views.pay, name="pay"),
    path("verify/<slug:token>/", views.verify, name="verify"),
    path("callback/", views.callback, name="callback"),
    path("callback/<slug:account>/", views.callback, name="callback"),
    path("webhook/", views.webhook, name="webhook"),
    path("webhook/<slug:account>/", views.webhook, name="webhook"),
    path("back/<slug:token>/", views.back, name="back"),
    path("result/", views.unknown, name="unknown"),
    path("result/<slug:token>/", views.result, name="result"),
    path("receipt/<slug:token>/", views.receipt, name="receipt"),
    path("status/<slug:token>/", views.status, name="status"),
    path("refunds/<slug:token>/", views.refunds, name="refunds"),
    path("payments/", views.history, name="history"),
]
