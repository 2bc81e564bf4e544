"""Money back: who may, asks for it once; who paid, sees where it is."""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError, transaction
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from paytm_kit import refunds
from paytm_kit.api import access, asked, pages, shapes
from paytm_kit.api.base import ApiView, may
from paytm_kit.api.documented import CURSOR, KEY_NEEDED, LIMIT, REPLAYED, WITH_BODY, WITH_KEY, answers, described
from paytm_kit.api.idempotency import Claim
from paytm_kit.api.problems import Problem
from paytm_kit.logs import EventLog
from paytm_kit.models import Payment, Refund
from paytm_kit.services import audit

log = EventLog("paytm_kit.api")

ACTION = "payment.refund"  # as at the desk


class RefundList(ApiView):
    parameters = pages.PARAMETERS
    queryset = Refund.objects.none()

    @described(
        operation_id="list_refunds",
        summary="Refunds of all payments, newest first",
        description="Of your own payments, but for those that failed; with paytm_kit.view_refund all of everybody's.",
        parameters=[LIMIT, CURSOR],
        responses=answers({200: shapes.RefundOut(many=True)}),
    )
    def get(self, request: Request) -> Response:
        return self.show(request, access.refunds(request))

    def show(self, request: Request, found: Any) -> Response:
        rows, next_ = pages.take(found, request, at="requested_at")
        return Response(pages.answer(shapes.RefundOut(rows, many=True, context=_context(request)), next_))


class PaymentRefunds(RefundList):
    @property
    def throttle_scope(self) -> str:  # type: ignore[override]
        return "refund" if self.request.method == "POST" else "read"

    @described(
        operation_id="list_payment_refunds",
        summary="Refunds of one payment, newest first",
        parameters=[LIMIT, CURSOR],
        responses=answers({200: shapes.RefundOut(many=True)}),
    )
    def get(self, request: Request, payment_id: str) -> Response:
        payment = access.payment(request, payment_id)
        return self.show(request, access.refunds(request).filter(payment=payment))

    @described(
        operation_id="create_refund",
        summary="Give money back",
        description="Needs the permission paytm_kit.refund_payment. It is written down first, then sent to the gateway "
        "once; an answer that does not come leaves it open, and paytm_reconcile finds out. Never repeat it with a new "
        "Idempotency-Key because an answer did not come: that is another refund.",
        parameters=[KEY_NEEDED, *REPLAYED],
        request=asked.RefundIn,
        responses=answers({201: shapes.RefundOut}, "not_refundable", *WITH_BODY, *WITH_KEY),
    )
    def post(self, request: Request, payment_id: str) -> Response:
        payment = access.payment(request, payment_id)
        if not may(request, "refund_payment"):
            _note(request, payment, result=audit.Result.REFUSED, detail="No permission.")
            raise Problem("permission_denied", "You need the permission paytm_kit.refund_payment.")

        def work(claim: Claim | None) -> Response:
            if claim is not None and claim.already:
                return _made(request, Refund.objects.select_related("payment").get(pk=claim.already))
            wanted = asked.RefundIn(data=request.data)
            wanted.is_valid(raise_exception=True)
            return _made(request, _request(request, payment, claim, wanted.validated_data))

        return self.once(request, f"refund {payment.pk}", work, required=True)


def _request(request: Request, payment: Payment, claim: Claim | None, wanted: dict[str, Any]) -> Refund:
    """Written in one transaction with the claim's own note of it; sent after its commit."""
    reason, actor = wanted["reason"], request.user.get_username()
    try:
        with transaction.atomic():
            refund = refunds.request(
                payment,
                wanted.get("amount"),
                reason=reason,
                actor=actor,
                transaction_id=wanted.get("transaction_id", ""),
            )
            if claim is not None:
                claim.made(str(refund.pk))
    except refunds.NotRefundable as error:
        _note(request, payment, reason=reason, result=audit.Result.REFUSED, detail=str(error))
        raise
    refund = Refund.objects.select_related("payment").get(pk=refund.pk)
    _note(request, refund, reason=reason, detail=f"{refund.amount} {refund.status}")
    return refund


def _note(request: Request, about: Payment | Refund, **said: Any) -> None:
    """The refund is made by now: that it cannot be written into the audit log must not look as if it was not."""
    try:
        audit.record(request._request, ACTION, about, channel=audit.API, **said)
    except DatabaseError as error:
        log.error("audit.not_written", action=ACTION, error=f"{type(error).__name__}: {error}")


def _made(request: Request, refund: Refund) -> Response:
    address = reverse("paytm_kit_api:refund", args=[refund.payment.gateway_order_id, refund.refund_id])
    return Response(_shown(request, refund), status=201, headers={"Location": address})


def _shown(request: Request, refund: Refund) -> dict[str, Any]:
    return shapes.RefundOut(refund, context=_context(request)).data


def _context(request: Request) -> dict[str, bool]:
    return {"staff": may(request, "view_refund")}


class RefundDetail(ApiView):
    @described(operation_id="get_refund", summary="One refund as it stands", responses=answers({200: shapes.RefundOut}))
    def get(self, request: Request, payment_id: str, refund_id: str) -> Response:
        payment = access.payment(request, payment_id)
        refund = access.refunds(request).filter(payment=payment, refund_id=refund_id).first()
        if refund is None:
            raise Problem("not_found", "There is no such refund for you.")
        return Response(_shown(request, refund))
