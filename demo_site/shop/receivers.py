"""What the shop does when the kit announces something. Their writes happen exactly once, after the money's commit."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.dispatch import receiver
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext

from demo_site.shop.models import Order
from paytm_kit.models import Payment, PaymentEvent
from paytm_kit.signals import payment_flagged, payment_succeeded

log = logging.getLogger(__name__)


@receiver(payment_succeeded, dispatch_uid="shop.place_order")
def place_order(payment: Payment, order: object, **_: Any) -> None:
    """The order is placed once it is paid in full; a later payment does not place it again."""
    if not isinstance(order, Order) or not order.is_paid:
        return
    if Order.objects.filter(pk=order.pk, paid_at=None).update(paid_at=payment.paid_at or timezone.now()):
        log.info("Order %s is paid and can be packed.", order.number)


@receiver(payment_flagged, dispatch_uid="shop.note_flag")
def note_flag(payment: Payment, order: object, event: PaymentEvent, **_: Any) -> None:
    """Leaves staff a remark on the order: somebody must look before it is packed."""
    if not isinstance(order, Order):
        return
    with translation.override(settings.LANGUAGE_CODE):  # staff read it later; the shopper's language is not theirs
        remark = gettext("%(at)s: payment %(payment)s needs a look: %(reason)s.") % {
            "at": date_format(timezone.localtime(event.created_at), "d M Y H:i"),
            "payment": payment.gateway_order_id,
            "reason": event.get_flag_display() or event.message,
        }
    Order.objects.filter(pk=order.pk).update(staff_remark=Concat(F("staff_remark"), Value(f"{remark}\n")))
    log.warning("Order %s: payment %s was flagged %s.", order.number, payment.gateway_order_id, event.flag)
