"""Where gateways, each in its own format, and systems that know a secret say how a payment went."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from paytm_kit import background, conf
from paytm_kit.api import asked, cards, idempotency, notices, reading, shapes
from paytm_kit.api.base import ApiView
from paytm_kit.api.documented import answers, described
from paytm_kit.api.problems import FieldError, Problem
from paytm_kit.gateways.base import InboundMessage
from paytm_kit.logs import EventLog
from paytm_kit.services import intake

log = EventLog("paytm_kit.api")

JSON = "application/json"
RETRY_AFTER = 60  # seconds, as of the kit's webhook
HEADERS = [
    OpenApiParameter(name, str, OpenApiParameter.HEADER, description=f"Of a plain notice: {about}")
    for name, about in (
        (notices.verify.ID, "an id of the message; the same one again is answered as before."),
        (notices.verify.TIMESTAMP, "seconds since 1970."),
        (notices.verify.SIGNATURE, "v1,<base64> of HMAC-SHA256 over id.timestamp.body (Standard Webhooks)."),
    )
]


class Anything(DefaultContentNegotiation):
    """Whatever a gateway says that it accepts: its message counts, not our answer's form."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class Callback(ApiView):
    """No session, no token, no throttle: what proves itself proves itself by its signature."""

    authentication_classes = ()
    throttle_scope = None
    takes_cards_out = False  # of a gateway's format: its ids are long digits; the journal masks and drops
    parameters = None  # a gateway may add some of its own
    content_negotiation_class = Anything

    @described(
        operation_id="payment_callback",
        summary="A gateway's notice, or a plain signed one",
        description="A gateway's own format goes to the account named by account (else default). A plain JSON notice "
        "must be signed by Standard Webhooks with API_CALLBACK_SECRET. Either is a hint: the gateway itself is asked "
        "before anything changes. 200: processed. 400: proves nothing. 503: send it again.",
        parameters=[OpenApiParameter("account", str, description="A name in PAYTM_KIT ACCOUNTS."), *HEADERS],
        request={JSON: asked.NoticeIn, "application/x-www-form-urlencoded": OpenApiTypes.OBJECT},
        responses={
            **answers(
                {200: shapes.NoticeOut},
                *("parse_error", "body_too_large", "invalid_notice", "invalid_signature"),
                *("gateway_unreachable", "gateway_refused", "unavailable"),
                *("idempotency_in_flight", "idempotency_key_reused"),
                callers=False,
            ),
            (200, "text/plain"): OpenApiTypes.STR,
        },
        auth=[],
    )
    def post(self, request: Request, account: str = "") -> Response | HttpResponse:
        data = self._plain(request)
        if notices.is_one(data, request.headers):
            return self._notice(request, data)
        return self._gateway(request, account or request.query_params.get("account", "default"))

    def _plain(self, request: Request) -> Any:
        """The body as JSON, if it is JSON: a gateway's own format is for its gateway to read."""
        try:
            return reading.parse(self.body)
        except (ValueError, RecursionError):
            return None

    def _notice(self, request: Request, data: dict[str, Any]) -> Response:
        cards.refuse(self.body, request.content_type or "")
        django = request._request
        key = notices.message_id(django, self.body)
        once = idempotency.Request("notice", key, idempotency.content_of("notice", data))
        return idempotency.once(once, lambda _claim: _told(notices.take(django, self.body, data)))

    def _gateway(self, request: Request, account: str) -> Response | HttpResponse:
        if account not in conf.raw_accounts():
            error = FieldError("account", "not_found", "is no account of PAYTM_KIT", "query")
            raise Problem("not_found", "There is no such account.", errors=[error])
        headers = {name.lower(): value for name, value in request.headers.items()}
        message = InboundMessage(body=self.body, content_type=headers.get("content-type", ""), headers=headers)
        try:
            receipt = intake.receive(
                request._request,
                message,
                account=account,
                channel=intake.WEBHOOK,
                hand_over=background.process_message,
            )
        except Exception as error:  # noqa: BLE001 - "send again", and what is stored is taken up again besides
            log.error("api.callback_not_processed", exception=error, account=account)
            raise Problem("unavailable") from None
        return _answer(receipt)


def _answer(receipt: intake.Receipt) -> Response | HttpResponse:
    status = intake.ANSWERS[receipt.result]
    if status == 503:
        raise Problem("gateway_unreachable", "Stored, but the gateway could not be asked. Send it again.",
                      retry_after=RETRY_AFTER)  # fmt: skip
    if status != 200:
        raise Problem("invalid_notice", f"The message was not taken: {receipt.result.value}.")
    if receipt.acknowledgement:
        return HttpResponse(receipt.acknowledgement, content_type="text/plain")
    return _told(receipt.result.value)


def _told(result: str) -> Response:
    return Response(shapes.NoticeOut({"result": result}).data)
