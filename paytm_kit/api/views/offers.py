"""What an order owes, and which gateways can collect it."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from paytm_kit.api import asked, offering, orders, shapes
from paytm_kit.api.base import ApiView
from paytm_kit.api.documented import answers, described
from paytm_kit.api.methods import WORDS
from paytm_kit.services import offers


class Gateways(ApiView):
    parameters = frozenset({"order_id"})

    @described(
        operation_id="list_gateways",
        summary="Ways to pay an order",
        parameters=[OpenApiParameter("order_id", str, required=True, description="The shop's own id of the order.")],
        responses=answers({200: shapes.OffersOut}),
    )
    def get(self, request: Request) -> Response:
        query = asked.OrderQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        order = orders.find(request, query.validated_data["order_id"], place="query")
        owed = order.balance_due
        found = {
            "order_id": query.validated_data["order_id"],
            "amount": owed,
            "currency": order.payment_currency(),
            "payment_methods": list(WORDS),
            "gateways": [offering.named(offer) for offer in offers.for_order(order)] if owed else [],
        }
        return Response(shapes.OffersOut(found).data)
