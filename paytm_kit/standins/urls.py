"""Every address of the stand-ins: the gateways' own paths, the hosted page, and what lies at /_sim/."""

from __future__ import annotations

from django.urls import path

from paytm_kit.standins import control, page, watch
from paytm_kit.standins.paypal import urls as paypal
from paytm_kit.standins.stripe import urls as stripe
from paytm_kit.standins.zaakpay import urls as zaakpay

app_name = "paytm_kit_standins"

urlpatterns = [
    *zaakpay.urlpatterns,
    *stripe.urlpatterns,
    *paypal.urlpatterns,
    path("standins/pay/<slug:token>", page.pay, name="pay"),
    path("standins/assets/<str:name>", page.asset, name="asset"),
    path("_sim/standins/parties", control.parties),
    path("_sim/standins/parties/<str:gateway>", control.party),
    path("_sim/standins/orders", control.orders),
    path("_sim/standins/orders/<str:name>", control.order),
    path("_sim/standins/orders/<str:name>/pay", control.pay),
    path("_sim/standins/orders/<str:name>/decide", control.decide),
    path("_sim/standins/orders/<str:name>/expire", control.expire),
    path("_sim/standins/orders/<str:name>/refund", control.refund),
    path("_sim/standins/refunds/<str:public_id>/decide", control.decide_refund),
    path("_sim/standins/webhooks", control.webhooks),
    path("_sim/standins/webhooks/<int:number>/redeliver", control.redeliver),
    path("_sim/standins/faults", control.faults),
    path("_sim/standins/reset", control.reset),
    path("_sim/watch/standins", watch.overview, name="watch"),
    path("_sim/watch/standins/order/<int:number>", watch.order, name="watch-order"),
    path("_sim/watch/standins/captures/<int:number>/decide", watch.decide, name="decide"),
    path("_sim/watch/standins/refunds/<int:number>/decide", watch.decide_refund, name="decide-refund"),
    path("_sim/watch/standins/webhooks/<int:number>/again", watch.send_again, name="send-again"),
]
