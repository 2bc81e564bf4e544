"""What a pay button carries: which order to collect for, signed, so that nobody can name another one.

The amount is never part of it: it is read from the order when the button is pressed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core import signing
from django.core.exceptions import ObjectDoesNotExist, ValidationError

from paytm_kit.gateways.base import Flow
from paytm_kit.services import opening

if TYPE_CHECKING:
    from paytm_kit.models import Payment
    from paytm_kit.payable import PayableMixin

SALT = "paytm_kit.pay_button"


class NotOurs(Exception):
    """The value does not come from a button of ours, or its order is gone."""


@dataclass(frozen=True)
class Choice:
    """A button that was pressed: the order, and what the page asked for."""

    order: PayableMixin
    account: str
    flow: str
    return_url: str


def value(order: PayableMixin, *, account: str = "default", flow: str = "", return_url: str = "") -> str:
    """The signed text for the button's form. It names the order by its key; whoever reads it learns no more.

    Raises ValueError for an order that was not saved and for a flow that does not exist.
    """
    if order.pk is None:
        raise ValueError("Save the order before offering to pay for it.")
    if flow:
        Flow(flow)
    return signing.dumps([order._meta.label_lower, str(order.pk), account, flow, return_url], salt=SALT)


def read(text: str) -> Choice:
    """The choice behind a button's value. Raises NotOurs for anything that we did not sign."""
    try:
        label, key, account, flow, return_url = signing.loads(text, salt=SALT)
        model: Any = apps.get_model(label)
        return Choice(model._default_manager.get(pk=key), account, flow, return_url)
    except (signing.BadSignature, ValueError, LookupError, TypeError, ObjectDoesNotExist, ValidationError) as error:
        raise NotOurs(f"A pay button's value could not be read, or its order is gone: {error}") from error


def open_payment(choice: Choice) -> Payment:
    """The payment that the button asked for. Raises as ``opening.open_payment``."""
    return opening.open_payment(choice.order, account=choice.account, return_url=choice.return_url or None)
