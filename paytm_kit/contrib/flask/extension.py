"""``PaytmKit``: the one object of a Flask app through which it reaches the kit. It holds no app and no state."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask, Response

from paytm_kit.contrib.flask import cli, config, hearing, mount, process
from paytm_kit.gateways.base import ConfigurationError

if TYPE_CHECKING:
    from decimal import Decimal

    from paytm_kit.contrib.flask.orders.models import FlaskOrder
    from paytm_kit.models import Payment
    from paytm_kit.payable import PayableMixin

Heard = TypeVar("Heard", bound=Callable[..., Any])


class PaytmKit:
    """``paytm = PaytmKit(app)``, or ``paytm = PaytmKit()`` and later ``paytm.init_app(app)``.

    ``app.config`` says how (docs/flask.md). Django is configured for the whole process; its modules, such as
    ``paytm_kit.models``, can be imported from then on, and ``checkout`` and ``refunds`` are reached from here.
    """

    def __init__(self, app: Flask | None = None) -> None:
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Configures Django, mounts the pages and adds ``flask paytm``. Raises ConfigurationError."""
        if "paytm_kit" in app.extensions:
            raise ConfigurationError("PaytmKit is in this app already: make one, once.")
        values = config.settings_of(app)
        process.begin(app, values)
        from django.core.handlers.wsgi import WSGIHandler

        from paytm_kit.contrib.flask import bridge

        bridge.attach(app)
        mount.onto(app, WSGIHandler(), values["PAYTM_KIT_FLASK"]["prefix"])
        app.cli.add_command(cli.paytm)
        app.extensions["paytm_kit"] = self

    @property
    def checkout(self) -> ModuleType:
        """``paytm_kit.checkout``: ``except paytm.checkout.AlreadyPaid``."""
        from paytm_kit import checkout

        return checkout

    @property
    def refunds(self) -> ModuleType:
        """``paytm_kit.refunds``: ``paytm.refunds.request(payment, "100.00", reason="…", actor="…")``."""
        from paytm_kit import refunds

        return refunds

    def order(self, key: str | int, *, amount: Decimal | int | str, **details: str | None) -> FlaskOrder:
        """The order of the shop's that has this key, made where it is new. ``orders.keeping.keep`` says more."""
        from paytm_kit.contrib.flask.orders import keeping

        return keeping.keep(key, amount=amount, **details)

    def find_order(self, key: str | int) -> FlaskOrder | None:
        """The order with this key, ``None`` where nobody has begun to pay for it."""
        from paytm_kit.contrib.flask.orders import keeping

        return keeping.find(key)

    def open_payment(self, order: PayableMixin, **options: Any) -> Payment:
        """``paytm_kit.checkout.open_payment``, with its options and its errors."""
        payment: Payment = self.checkout.open_payment(order, **options)
        return payment

    def redirect(self, payment: Payment, *, flow: str | None = None) -> Response:
        """What a view returns to send the shopper to the gateway: ``paytm_kit.checkout.redirect`` as Flask's answer."""
        from paytm_kit.contrib.flask import bridge

        return bridge.answer(lambda request: self.checkout.redirect(request, payment, flow=flow))

    def on(self, name: str) -> Callable[[Heard], Heard]:
        """``@paytm.on("payment_succeeded")``: the function is called with what docs/signals.md says, and ``**kwargs``.

        It runs after the money's commit and in an app context of its own. If it raises, it is called again later. What
        it writes through Django happens exactly once; what it writes elsewhere, the shop's own database included, may
        happen twice and must bear that. A function of the same module and name takes the place of an earlier one.
        """
        return hearing.on(name)
