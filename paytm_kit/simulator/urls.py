"""Every address of the simulator. ``path("", include("paytm_kit.simulator.urls"))`` mounts it in a project."""

from __future__ import annotations

from django.urls import path, re_path

from paytm_kit.simulator import api, control, entrances, pages, watch

app_name = "paytm_simulator"

urlpatterns = [
    # Paytm's own paths
    path("theia/api/v1/initiateTransaction", api.initiate),
    path("order/initiate", api.initiate),
    path("v3/order/status", api.order_status),
    path("order/status", api.flat_status),
    path("merchant-status/getTxnStatus", api.legacy_status),
    path("theia/api/v1/showPaymentPage", entrances.show_payment_page),
    path("order/process", entrances.process_order),
    path("theia/processTransaction", entrances.process_order),
    path("merchantpgpui/checkoutjs/merchants/<str:mid>.js", entrances.checkout_script),
    path("merchantpgpui/checkoutjs/frame", entrances.checkout_frame, name="frame"),
    # the shopper's pages
    path("pay/<slug:token>/", pages.pay, name="pay"),
    re_path(r"^pay/(?P<token>[\w-]+)/method/(?P<method>upi|card|netbanking|wallet)$", pages.choose, name="choose"),
    path("pay/<slug:token>/otp", pages.otp, name="otp"),
    re_path(r"^pay/(?P<token>[\w-]+)/answer/(?P<name>approve|decline|later|cancel)$", pages.answer, name="answer"),
    re_path(
        r"^pay/(?P<token>[\w-]+)/case/(?P<name>success|declined|wallet-empty|wrong-vpa|pending|pending-fail|close"
        r"|approve|decline|cancel)$",
        pages.case,
        name="case",
    ),
    # the control plane
    path("_sim/", watch.overview, name="overview"),
    path("_sim/assets/<path:path>", entrances.asset, name="asset"),
    path("_sim/health", control.health),
    path("_sim/reset", control.reset),
    path("_sim/clock", control.advance_clock),
    path("_sim/settings", control.settings),
    path("_sim/messages", control.messages),
    path("_sim/orders", control.orders),
    path("_sim/orders/<str:order_id>", control.order),
    path("_sim/orders/<str:order_id>/pay", control.pay),
    path("_sim/orders/<str:order_id>/settle", control.settle),
]
