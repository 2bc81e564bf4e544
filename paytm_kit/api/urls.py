"""Addresses of the API, to be included below a prefix of yours: ``path("api/", include("paytm_kit.api.urls"))``.

The version stands in the path: it can be read in a log line, typed with curl and routed by a proxy, and no cache has to
know of a header. The two addresses without one are those of version 1 for good: gateways and front ends know them.
"""

from django.urls import path, re_path

from paytm_kit.api.views import documents
from paytm_kit.api.views.callback import Callback
from paytm_kit.api.views.health import Health
from paytm_kit.api.views.initiate import Initiate
from paytm_kit.api.views.nowhere import Nowhere
from paytm_kit.api.views.offers import Gateways
from paytm_kit.api.views.payments import EventList, PaymentDetail, PaymentEvents, PaymentList
from paytm_kit.api.views.refunds import PaymentRefunds, RefundDetail, RefundList

app_name = "paytm_kit_api"

initiate, callback = Initiate.as_view(), Callback.as_view()

urlpatterns = [
    path("payment/initiate", initiate, name="initiate"),
    path("payment/callback", callback, name="callback"),
    path("payment/callback/<slug:account>", callback, name="callback"),
    path("v1/payment/initiate", initiate),
    path("v1/payment/callback", callback),
    path("v1/payment/callback/<slug:account>", callback),
    path("v1/payments", PaymentList.as_view(), name="payments"),
    path("v1/payments/<str:payment_id>", PaymentDetail.as_view(), name="payment"),
    path("v1/payments/<str:payment_id>/events", PaymentEvents.as_view(), name="payment_events"),
    path("v1/payments/<str:payment_id>/refunds", PaymentRefunds.as_view(), name="payment_refunds"),
    path("v1/payments/<str:payment_id>/refunds/<str:refund_id>", RefundDetail.as_view(), name="refund"),
    path("v1/refunds", RefundList.as_view(), name="refunds"),
    path("v1/events", EventList.as_view(), name="events"),
    path("v1/gateways", Gateways.as_view(), name="gateways"),
    path("v1/health", Health.as_view(), name="health"),
    path("v1/openapi.json", documents.Document.as_view(), name="openapi"),
    path("v1/docs", documents.swagger, name="docs"),
    # Elsewhere below these two, an unknown address is a problem in JSON, too. Nothing beside them: it may be yours.
    re_path(r"^(?:v\d+|payment)(?:/.*)?$", Nowhere.as_view()),
]
