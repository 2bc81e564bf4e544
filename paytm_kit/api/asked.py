"""What comes in, field by field: types are exact, what is not known is refused by name, nothing sent is repeated."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from paytm_kit.api.methods import WORDS
from paytm_kit.masking import safe_line
from paytm_kit.money import rupees

MONEY_IN = {
    "oneOf": [
        {"type": "string", "pattern": r"^\d{1,10}(\.\d{1,2})?$"},
        {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.01, "maximum": 9999999999.99},
    ],
    "examples": ["499.00"],
}
ORDER_ID = {
    "oneOf": [
        {"type": "string", "minLength": 1, "maxLength": 100},
        {"type": "integer", "minimum": 0, "maximum": 9223372036854775807},
    ],
    "examples": ["KD-1001"],
}


class Text(serializers.CharField):
    """A JSON string; a number is not one."""

    default_error_messages = {"invalid": "must be a string"}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field(ORDER_ID)
class OrderId(serializers.CharField):
    """The shop's own id of an order: a string of 1 to 100 characters, or a whole number."""

    default_error_messages = {"invalid": "must be a string or a whole number"}

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, bool) or not isinstance(data, str | int) or (isinstance(data, int) and data < 0):
            self.fail("invalid")
        return super().to_internal_value(str(data))


@extend_schema_field(MONEY_IN)
class MoneyIn(serializers.Field[Decimal, Any, str, Any]):
    """Rupees (or the order's currency): ``"499.00"`` or ``499.00``, at most two decimals, above zero."""

    def to_internal_value(self, data: Any) -> Decimal:
        try:
            return rupees(data)
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from None

    def to_representation(self, value: Decimal) -> str:
        return f"{value:.2f}"


class Word(serializers.ChoiceField):
    """One of a few words. The refusal does not repeat what was sent."""

    def fail(self, key: str, **kwargs: Any) -> Any:
        words = ", ".join(str(choice) for choice in self.choices)
        raise ValidationError(f"must be one of: {words}", code="not_a_choice")

    def to_internal_value(self, data: Any) -> str:
        return str(super().to_internal_value(data)) if isinstance(data, str) else self.fail("invalid_choice")


class Strict(serializers.Serializer[Any]):
    """An object whose unknown fields are refused by name."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, dict) else []
        errors: dict[str, Any] = {
            safe_line(name, 60): [ErrorDetail(f"is not known here. Known: {', '.join(self.fields)}.", code="unknown")]
            for name in unknown[:20]
        }
        try:
            found = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**error.detail, **errors}) from None  # type: ignore[dict-item]
        if errors:
            raise ValidationError(errors)
        return found


class InitiateIn(Strict):
    order_id = OrderId(max_length=100, help_text="The shop's own id of the order.")
    payment_method = Text(
        max_length=40,
        help_text=f"What the shopper has in mind: {', '.join(WORDS)}, or the name of a gateway on offer. "
        "A card is always typed on the gateway's page, never sent here.",
    )
    amount = MoneyIn(help_text="What the shopper was shown. The stored order decides: another amount is refused.")
    gateway = Text(
        required=False, max_length=40, help_text="A gateway or account of /v1/gateways; else the shop's own."
    )
    return_url = Text(
        required=False,
        max_length=500,
        help_text="Where the result page leads on to: a path of the shop, or an address on its host.",
    )


class RefundIn(Strict):
    amount = MoneyIn(required=False, help_text="At most what is left; without it all that is left.")
    reason = Text(max_length=300, help_text="Why, for the books.")
    transaction_id = Text(
        required=False, max_length=64, help_text="Which capture, where there are several; else the payment's own."
    )


class OrderQuery(Strict):
    order_id = OrderId(max_length=100)


NOTICE_STATUSES = ("success", "paid", "failed", "failure", "pending")


class NoticeIn(Strict):
    """The plain JSON notice."""

    order_id = OrderId(max_length=100, help_text="The order_id of initiate, or the payment's id.")
    status = Word(choices=NOTICE_STATUSES, help_text="A hint: the gateway is asked before anything changes.")
    transaction_id = Text(required=False, allow_blank=True, max_length=64)
    payment_method = Text(required=False, allow_blank=True, max_length=40)
