"""A shopper's own payments: those of the orders that their models say are theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q

from paytm_kit.models import Payment, PaymentQuerySet
from paytm_kit.payable import PayableMixin

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.contrib.auth.models import User as SomeUser

MOST_ORDERS = 1000  # of one model and person; the newest, by their key. Keys of any type are kept as text


def payments_of(user: SomeUser | AnonymousUser | None) -> PaymentQuerySet:
    """Their payments for all kinds of orders, newest first; none for nobody, or somebody who is not signed in.

    Which orders are theirs is for the order's model to say: ``PayableMixin.orders_of``.
    """
    if user is None or not user.is_authenticated:
        return Payment.objects.none()
    theirs = Q(pk__in=[])
    for model in apps.get_models():
        if issubclass(model, PayableMixin):
            theirs |= _of(model, user)
    return Payment.objects.filter(theirs)


def _of(model: type[PayableMixin], user: Any) -> Q:
    keys = model.orders_of(user).order_by("-pk").values_list("pk", flat=True)[:MOST_ORDERS]
    named = [str(key) for key in keys]
    return Q(content_type=ContentType.objects.get_for_model(model), object_id__in=named) if named else Q(pk__in=[])
