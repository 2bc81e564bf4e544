"""The addresses of the control plane."""

from __future__ import annotations

from django.urls import path

from paytm_kit.simulator.control import faults, mandates, merchants, orders, refunds, settlements, webhooks, world

urlpatterns = [
    path("_sim/health", world.health),
    path("_sim/reset", world.reset),
    path("_sim/clock", world.advance_clock),
    path("_sim/settings", world.settings),
    path("_sim/messages", world.messages),
    path("_sim/faults", faults.faults),
    path("_sim/faults/<int:number>", faults.fault),
    path("_sim/webhooks", webhooks.webhooks),
    path("_sim/webhooks/<int:number>/redeliver", webhooks.redeliver),
    path("_sim/merchants", merchants.merchants),
    path("_sim/merchants/<str:mid>", merchants.merchant),
    path("_sim/merchants/<str:mid>/rotate-key", merchants.rotate_key),
    path("_sim/merchants/<str:mid>/forget-old-keys", merchants.forget_old_keys),
    path("_sim/orders", orders.orders),
    path("_sim/orders/<str:order_id>", orders.order),
    path("_sim/orders/<str:order_id>/hops", orders.hops),
    path("_sim/orders/<str:order_id>/pay", orders.pay),
    path("_sim/orders/<str:order_id>/settle", orders.settle),
    path("_sim/orders/<str:order_id>/refund", refunds.refund),
    path("_sim/orders/<str:order_id>/dispute", refunds.dispute),
    path("_sim/disputes/<str:dispute_id>/close", refunds.close_dispute),
    path("_sim/refunds", refunds.refund_list),
    path("_sim/subscriptions", mandates.subscriptions),
    path("_sim/subscriptions/<str:subs_id>/cancel", mandates.cancel),
    path("_sim/refunds/<str:ref_id>/settle", refunds.settle),
    path("_sim/settlements", settlements.settlement_list),
    path("_sim/settlements/<str:mid>/<str:day>.csv", settlements.settlement_file),
]
