"""The addresses that a browser visits: Paytm's own entrances, the shopper's pages, the page for watching."""

from __future__ import annotations

from django.urls import path, re_path

from paytm_kit.simulator.pages import acting, entrances, payment, watch

urlpatterns = [
    path("theia/api/v1/showPaymentPage", entrances.show_payment_page),
    path("order/process", entrances.process_order),
    path("theia/processTransaction", entrances.process_order),
    path("merchantpgpui/checkoutjs/merchants/<str:mid>.js", entrances.checkout_script),
    path("merchantpgpui/checkoutjs/frame", entrances.checkout_frame, name="frame"),
    # the shopper's pages
    path("pay/<slug:token>/", payment.pay, name="pay"),
    re_path(r"^pay/(?P<token>[\w-]+)/method/(?P<method>upi|card|netbanking|wallet)$", payment.choose, name="choose"),
    path("pay/<slug:token>/otp", payment.otp, name="otp"),
    path("pay/<slug:token>/otp/resend", payment.resend, name="resend"),
    re_path(
        r"^pay/(?P<token>[\w-]+)/answer/(?P<name>approve|decline|later|later-decline|pin|empty|down|cancel)$",
        payment.answer,
        name="answer",
    ),
    re_path(
        r"^pay/(?P<token>[\w-]+)/case/(?P<name>success|declined|wallet-empty|wrong-vpa|pending|pending-fail|close"
        r"|approve|decline|cancel)$",
        payment.case,
        name="case",
    ),
    # for whoever watches
    path("_sim/", watch.overview, name="overview"),
    path("_sim/watch/order", watch.order, name="watch-order"),
    path("_sim/watch/money", watch.money, name="watch-money"),
    path("_sim/watch/instruments", watch.test_instruments, name="watch-instruments"),
    path("_sim/watch/faults", acting.faults, name="watch-faults"),
    path("_sim/watch/faults/on", acting.switch_on, name="fault-on"),
    re_path(r"^_sim/watch/faults/(?P<number>[0-9]{1,18})/off$", acting.switch_off, name="fault-off"),
    re_path(r"^_sim/watch/webhooks/(?P<number>[0-9]{1,18})/again$", acting.send_again, name="send-again"),
    path("_sim/watch/clock", acting.move_clock, name="move-clock"),
    path("_sim/assets/<path:path>", entrances.asset, name="asset"),
]
