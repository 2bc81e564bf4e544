"""The addresses of the signed APIs: Paytm's own."""

from __future__ import annotations

from django.urls import path

from paytm_kit.simulator.api import initiate, lists, mandates, refunds, settlements, status

urlpatterns = [
    path("theia/api/v1/initiateTransaction", initiate.initiate),
    path("order/initiate", initiate.initiate),
    path("v3/order/status", status.order_status),
    path("merchant-status/api/v1/getPaymentStatus", status.order_status),  # the Node SDK's name for it
    path("order/status", status.flat_status),
    path("merchant-status/getTxnStatus", status.legacy_status),
    path("refund/apply", refunds.apply),
    path("refund/api/v1/async/refund", refunds.apply),  # the Node SDK's old name
    path("refund/api/v1/refund/apply/sync", refunds.apply_sync),
    path("v2/refund/status", refunds.status),
    path("refund/api/v1/refundStatus", refunds.status),  # the Node SDK's old name
    path("refund/HANDLER_INTERNAL/REFUND", refunds.legacy_apply),
    path("refund/HANDLER_INTERNAL/getRefundStatus", refunds.legacy_status),
    path("merchant-passbook/search/list/order/v2", lists.orders),
    path("merchant-passbook/api/v1/refundList", lists.refund_list),
    path("merchant-settlement-service/settlement/list", settlements.settlement_list),
    path("subscription/create", mandates.create),
    path("theia/api/v1/subscription/create", mandates.create),
    # Paytm publishes both families: its agent skills the first, its n8n node the second.
    *(
        path(f"{family}/{name}", view)
        for family in ("subscription", "subscription/subscription")
        for name, view in (
            ("checkStatus", mandates.check_status),
            ("preNotify", mandates.pre_notify),
            ("preNotify/status", mandates.pre_notify_status),
            ("renew", mandates.renew),
            ("cancel", mandates.cancel),
            ("status/modify", mandates.modify),
        )
    ),
]
