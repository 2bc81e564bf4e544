"""Payments and what happened to them: read, filtered, page by page."""

from __future__ import annotations

from typing import Any

from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.request import Request
from rest_framework.response import Response

from paytm_kit.api import access, pages, shapes
from paytm_kit.api.base import ApiView, may
from paytm_kit.api.documented import CURSOR, LIMIT, answers, described
from paytm_kit.api.filters import PaymentFilter, narrowed
from paytm_kit.models import Payment, PaymentEvent
from paytm_kit.services import opening


def context(request: Request, payments: list[Payment]) -> dict[str, Any]:
    return {
        "order_ids": access.order_ids(request, payments),
        "waiting": opening.all_in_the_banks_hands(payments),
        "staff": may(request, "view_payment"),
    }


class PaymentList(ApiView):
    parameters = pages.PARAMETERS | set(PaymentFilter.base_filters)
    # Only read by the document's generator.
    filter_backends = (DjangoFilterBackend,)
    filterset_class = PaymentFilter
    queryset = Payment.objects.none()

    @described(
        operation_id="list_payments",
        summary="Payments, newest first",
        description="Your own; with the permission paytm_kit.view_payment everybody's.",
        parameters=[LIMIT, CURSOR],
        responses=answers({200: shapes.PaymentOut(many=True)}),
    )
    def get(self, request: Request) -> Response:
        rows, next_ = pages.take(narrowed(access.payments(request), request), request)
        return Response(pages.answer(shapes.PaymentOut(rows, many=True, context=context(request, rows)), next_))


class PaymentDetail(ApiView):
    @described(
        operation_id="get_payment", summary="One payment as it stands", responses=answers({200: shapes.PaymentOut})
    )
    def get(self, request: Request, payment_id: str) -> Response:
        payment = access.payment(request, payment_id)
        return Response(shapes.PaymentOut(payment, context=context(request, [payment])).data)


class EventList(ApiView):
    parameters = pages.PARAMETERS
    queryset = PaymentEvent.objects.none()

    @described(
        operation_id="list_events",
        summary="What happened to all payments, newest first",
        description="Facts that the ledger accepted: of your own payments, or with paytm_kit.view_paymentevent of all.",
        parameters=[LIMIT, CURSOR],
        responses=answers({200: shapes.EventOut(many=True)}),
    )
    def get(self, request: Request) -> Response:
        return self.show(request, access.events(request))

    def show(self, request: Request, events: Any) -> Response:
        rows, next_ = pages.take(events, request)
        staff = {"staff": may(request, "view_paymentevent")}
        return Response(pages.answer(shapes.EventOut(rows, many=True, context=staff), next_))


class PaymentEvents(EventList):
    @described(
        operation_id="list_payment_events",
        summary="What happened to one payment, newest first",
        parameters=[LIMIT, CURSOR],
        responses=answers({200: shapes.EventOut(many=True)}),
    )
    def get(self, request: Request, payment_id: str) -> Response:
        payment = access.payment(request, payment_id)
        return self.show(request, access.events(request).filter(payment=payment))
