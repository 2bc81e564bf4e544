"""What goes out, field by field: the OpenAPI document is made from these."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import ISO_8601, serializers

from paytm_kit import conf
from paytm_kit.models import Payment, PaymentEvent, Refund

MONEY = {"type": "string", "pattern": r"^\d{1,10}\.\d{2}$", "examples": ["499.00"]}
HEALTH = ("ok", "degraded", "down")


@extend_schema_field(MONEY)
class Money(serializers.DecimalField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=12, decimal_places=2, coerce_to_string=True, **kwargs)


class Moment(serializers.DateTimeField):
    """ISO 8601, whatever the site's own REST_FRAMEWORK settings say of dates."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format=ISO_8601, **kwargs)


class Day(serializers.DateField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format=ISO_8601, **kwargs)


class Shape(serializers.Serializer[Any]):
    """Only ever shown."""


class PaymentDesk(Shape):
    """What staff sees besides (permission paytm_kit.view_payment)."""

    account = serializers.CharField()
    environment = serializers.CharField()
    merchant_id = serializers.CharField()
    customer_id = serializers.CharField()
    flags = serializers.ListField(child=serializers.CharField(), source="flag_list")
    code = serializers.CharField(help_text="The gateway's own code.")
    gateway_message = serializers.CharField(source="message")
    gateway_reference = serializers.CharField()
    fee_amount = Money(allow_null=True)
    fee_tax = Money(allow_null=True)
    net_amount = Money(allow_null=True)
    settled_on = Day(allow_null=True)


class PaymentOut(Shape):
    id = serializers.CharField(source="gateway_order_id", help_text="Unique, and the same at the gateway.")
    order_id = serializers.SerializerMethodField(help_text="As this caller named it on initiate; else null.")
    order = serializers.CharField(source="order_label", help_text="How the shop calls the order.")
    status = serializers.ChoiceField(choices=Payment.Status.values)
    held = serializers.BooleanField(source="is_held", help_text="Something does not fit: a person looks at it.")
    waiting = serializers.SerializerMethodField(
        help_text="The bank has not decided, or a person has to: nobody should pay this order again meanwhile."
    )
    amount = Money()
    currency = serializers.CharField()
    captured_amount = Money()
    refunded_amount = Money()
    refunding_amount = Money(help_text="Asked for, not yet decided.")
    gateway = serializers.CharField()
    payment_mode = serializers.CharField(help_text="The gateway's word, such as UPI; empty until it said so.")
    bank_name = serializers.CharField()
    transaction_id = serializers.SerializerMethodField(help_text="Of the capture; empty until there is one.")
    bank_transaction_id = serializers.CharField()
    message = serializers.CharField(source="shopper_text", help_text="Safe words for the shopper, in their language.")
    result_url = serializers.SerializerMethodField(help_text="The shop's page that says how it went.")
    receipt_url = serializers.SerializerMethodField(help_text="Of a paid payment; else null.")
    created_at = Moment()
    paid_at = Moment(allow_null=True)
    closed_at = Moment(allow_null=True)
    desk = serializers.SerializerMethodField()

    @extend_schema_field({"type": ["string", "null"]})
    def get_order_id(self, payment: Payment) -> str | None:
        known: str | None = self.context.get("order_ids", {}).get(payment.pk)
        return known

    def get_waiting(self, payment: Payment) -> bool:
        return payment.pk in self.context["waiting"]

    def get_transaction_id(self, payment: Payment) -> str:
        return payment.transaction_id or ""

    @extend_schema_field(OpenApiTypes.URI)
    def get_result_url(self, payment: Payment) -> str:
        return public(payment.get_result_url())

    @extend_schema_field({"type": ["string", "null"], "format": "uri"})
    def get_receipt_url(self, payment: Payment) -> str | None:
        return public(payment.get_receipt_url()) if payment.is_paid else None

    @extend_schema_field(PaymentDesk(allow_null=True))
    def get_desk(self, payment: Payment) -> dict[str, Any] | None:
        return PaymentDesk(payment).data if self.context.get("staff") else None


class Script(Shape):
    url = serializers.CharField()
    config = serializers.DictField(child=serializers.CharField())


class NextOut(Shape):
    """What the client does now."""

    action = serializers.ChoiceField(
        choices=["redirect", "post_form", "open_page"],
        help_text="redirect: go to url (GET). post_form: send fields to url as a form, in the shopper's browser. "
        "open_page: a page of the shop stands before the gateway, or there is nothing to pay.",
    )
    url = serializers.CharField()
    method = serializers.ChoiceField(choices=["GET", "POST"])
    fields = serializers.DictField(  # type: ignore[assignment]  # the issue's own word
        child=serializers.CharField(), help_text="The form's fields, all hidden; holds the gateway's token."
    )
    script = Script(allow_null=True, help_text="With JS Checkout: the gateway's loader and what it is given.")


class InitiatedOut(Shape):
    payment_id = serializers.CharField()
    order_id = serializers.CharField()
    status = serializers.ChoiceField(choices=Payment.Status.values)
    amount = Money()
    currency = serializers.CharField()
    gateway = serializers.CharField()
    payment_method = serializers.CharField()
    result_url = serializers.CharField()
    next = NextOut()


class RefundDesk(Shape):
    """What staff sees besides (permission paytm_kit.view_refund)."""

    actor = serializers.CharField()
    reason = serializers.CharField()
    external = serializers.BooleanField()
    code = serializers.CharField()
    gateway_message = serializers.CharField(source="message")
    gateway_refund_id = serializers.CharField()


class RefundOut(Shape):
    id = serializers.CharField(source="refund_id")
    payment_id = serializers.CharField(source="payment.gateway_order_id")
    status = serializers.ChoiceField(choices=Refund.Status.values)
    amount = Money()
    currency = serializers.CharField(source="payment.currency")
    transaction_id = serializers.CharField()
    message = serializers.CharField(source="shopper_text")
    rrn = serializers.CharField(help_text="The bank's reference that the shopper can ask for.")
    arn = serializers.CharField()
    credit_expected = Day(allow_null=True)
    requested_at = Moment()
    closed_at = Moment(allow_null=True)
    desk = serializers.SerializerMethodField()

    @extend_schema_field(RefundDesk(allow_null=True))
    def get_desk(self, refund: Refund) -> dict[str, Any] | None:
        return RefundDesk(refund).data if self.context.get("staff") else None


class EventDesk(Shape):
    """What staff sees besides (permission paytm_kit.view_paymentevent)."""

    source = serializers.CharField()  # type: ignore[assignment]
    actor = serializers.CharField()
    code = serializers.CharField()
    gateway_message = serializers.CharField(source="message")
    flag = serializers.CharField()
    correlation_id = serializers.CharField()


class EventOut(Shape):
    id = serializers.IntegerField(source="pk")
    payment_id = serializers.CharField(source="payment.gateway_order_id")
    refund_id = serializers.SerializerMethodField()
    kind = serializers.ChoiceField(choices=PaymentEvent.Kind.values)
    status_before = serializers.CharField()
    status_after = serializers.CharField()
    amount = Money(allow_null=True)
    transaction_id = serializers.CharField()
    created_at = Moment()
    desk = serializers.SerializerMethodField()

    @extend_schema_field({"type": ["string", "null"]})
    def get_refund_id(self, event: PaymentEvent) -> str | None:
        return event.refund.refund_id if event.refund is not None else None

    @extend_schema_field(EventDesk(allow_null=True))
    def get_desk(self, event: PaymentEvent) -> dict[str, Any] | None:
        return EventDesk(event).data if self.context.get("staff") else None


class OfferOut(Shape):
    account = serializers.CharField()
    gateway = serializers.CharField(help_text="What initiate takes as gateway.")
    label = serializers.CharField(help_text="For the shopper, in their language.")  # type: ignore[assignment]  # a field, taken out of the class
    currency = serializers.CharField()
    flow = serializers.CharField()


class OffersOut(Shape):
    order_id = serializers.CharField()
    amount = Money(help_text="What the order owes now: send it as amount.")
    currency = serializers.CharField()
    payment_methods = serializers.ListField(child=serializers.CharField())
    gateways = OfferOut(many=True)


class NoticeOut(Shape):
    result = serializers.CharField(help_text="accepted, queued, unknown_order or duplicate: all of them are processed.")


class HealthOut(Shape):
    status = serializers.ChoiceField(choices=HEALTH)
    checks = serializers.DictField(child=serializers.ChoiceField(choices=HEALTH))
    details = serializers.ListField(
        child=serializers.CharField(), help_text="In sentences, for staff (paytm_kit.view_payment); else empty."
    )


class FieldErrorOut(Shape):
    field = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        fields["in"] = serializers.ChoiceField(choices=["body", "query", "header"])
        return fields


class ProblemOut(Shape):
    """RFC 9457. Decide by code."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    todo = serializers.CharField(help_text="What the caller does next.")
    correlation_id = serializers.CharField(help_text="By this the shop finds the request in its log.")
    errors = FieldErrorOut(many=True, required=False)  # type: ignore[assignment]
    user_message = serializers.CharField(required=False, help_text="Safe words for the shopper, in their language.")
    gateways = OfferOut(many=True, required=False, help_text="Others that could collect it, when one cannot begin.")


def public(path: str) -> str:
    """An address of the shop, from BASE_URL and never from the request's Host header."""
    return conf.kit().base_url + path
