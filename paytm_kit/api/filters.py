"""By what the list of payments is narrowed down."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_filters
from django.db.models import QuerySet
from django_filters.rest_framework import FilterSet

from paytm_kit.api import orders
from paytm_kit.api.problems import FieldError, Problem, invalid
from paytm_kit.models import Flag, Payment
from paytm_kit.services import finding


class PaymentFilter(FilterSet):
    status = django_filters.MultipleChoiceFilter(
        choices=Payment.Status.choices, help_text="Repeat it for several: status=paid&status=failed."
    )
    gateway = django_filters.CharFilter(max_length=20)
    account = django_filters.CharFilter(max_length=40)
    flag = django_filters.ChoiceFilter(
        choices=Flag.choices, method="with_flag", help_text="Only payments that a person must look at, for staff."
    )
    created_after = django_filters.IsoDateTimeFilter(method="since", help_text="2026-11-21T00:00:00+05:30")
    created_before = django_filters.IsoDateTimeFilter(method="until")
    order_id = django_filters.CharFilter(
        method="of_order", max_length=100, help_text="The shop's own id of an order that you may pay."
    )
    search = django_filters.CharFilter(
        method="found", max_length=200, help_text="An id of the payment, its bank or its refund, or a part of one."
    )

    class Meta:
        model = Payment
        fields: tuple[str, ...] = ()

    def since(self, rows: QuerySet[Payment], name: str, value: datetime) -> QuerySet[Payment]:
        return rows.filter(created_at__gte=_sane(name, value))

    def until(self, rows: QuerySet[Payment], name: str, value: datetime) -> QuerySet[Payment]:
        return rows.filter(created_at__lt=_sane(name, value))

    def with_flag(self, rows: QuerySet[Payment], name: str, value: str) -> QuerySet[Payment]:
        return rows.filter(flags__contains=value)

    def of_order(self, rows: QuerySet[Payment], name: str, value: str) -> QuerySet[Payment]:
        order = orders.find(self.request, value, place="query")
        return rows.filter(pk__in=Payment.objects.for_order(order).values("pk"))

    def found(self, rows: QuerySet[Payment], name: str, value: str) -> QuerySet[Payment]:
        return finding.find(rows, finding.PAYMENTS, value, among=self.queryset)


def _sane(name: str, value: datetime) -> datetime:
    """A moment that every database can compare."""
    if not 1900 < value.year < 9999:
        raise invalid(name, "must be of a year between 1900 and 9999.", place="query")
    return value


def narrowed(rows: QuerySet[Payment], request: Any) -> QuerySet[Payment]:
    """Raises Problem that names the parameters that make no sense."""
    chosen = PaymentFilter(request.query_params, queryset=rows, request=request)
    if not chosen.is_valid():
        wrong = chosen.form.errors.as_data().items()
        errors = [
            FieldError(name, e.code or "invalid", " ".join(e.messages), "query") for name, es in wrong for e in es
        ]
        raise Problem("invalid_request", errors=errors)
    return chosen.qs
