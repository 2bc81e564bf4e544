"""What the kit's tables hold besides in a Flask app: its orders in purge and roles."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.contenttypes.models import ContentType
from django.db.models import BigIntegerField, QuerySet
from django.db.models.functions import Cast

from paytm_kit.contrib.flask.orders.models import FlaskOrder
from paytm_kit.models import Payment
from paytm_kit.services import purge, roles

PERSONAL = {"label": "", "customer_id": "", "email": "", "mobile": ""}  # key, amount and language stay


def _forgotten(old: QuerySet[FlaskOrder]) -> QuerySet[FlaskOrder]:
    """Those of them whose payments, if there are any, are forgotten: ``ledger/privacy.py`` empties the customer id."""
    kind = ContentType.objects.get_for_model(FlaskOrder)
    known = Payment.objects.filter(content_type=kind).exclude(customer_id="")
    return old.exclude(pk__in=known.annotate(order_pk=Cast("object_id", BigIntegerField())).values("order_pk"))


def _forget(pks: Sequence[int]) -> int:
    return FlaskOrder.objects.filter(pk__in=pks).update(**PERSONAL)


purge.KINDS["orders"] = purge.Kind(
    setting="personal_data_retention_days",
    what="orders' personal data",
    old=lambda before: FlaskOrder.objects.filter(created_at__lt=before).exclude(**PERSONAL),
    ripe=_forgotten,
    remove=_forget,
)
purge.DEFAULT.append("orders")  # after the payments, so that one run does both
roles.APPS.append(FlaskOrder._meta.app_label)
