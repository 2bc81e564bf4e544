"""The simulator in the test process: started, asked and reset by plain Python calls."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from paytm_kit.simulator.options import Options
from paytm_kit.simulator.run import inprocess
from paytm_kit.standins.parties import GATEWAYS

Refused = inprocess.Refused

MAILBOX = "/_mailbox"  # where webhooks go until somebody names another address
THANKS = b"SUCCESS"  # what it answers: Zaakpay wants this word
FORM = "application/x-www-form-urlencoded"
ANSWER_WITHIN = 30.0  # seconds
QUIET_WITHIN = 5.0  # seconds
TEST_HOSTS = ("testserver", "shop.example")  # Django's test client; for a shop that has no address yet

Result = TypeVar("Result")


class Mistake(AssertionError):
    """The simulator refused what was asked: an unknown order, outcome, fault. The message names the field."""


class Webhook(NamedTuple):
    """One webhook as it was sent: post ``body`` with ``content_type`` to your webhook view."""

    content_type: str
    body: bytes
    headers: Mapping[str, str] = {}  # of Stripe's and PayPal's: those that carry the signature, as they were sent

    @property
    def fields(self) -> dict[str, Any]:
        """What it says: the fields of the form, or the JSON object."""
        if self.content_type == "application/json":
            return dict(json.loads(self.body))
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


class Simulator:
    """A running simulator. Orders are in it once the shop under test has sent its initiate request."""

    def __init__(self, url: str, chosen: Options, mailbox: Mailbox) -> None:
        self.url = url  #: its address, without a slash at the end
        self.mid = chosen.mid  #: the merchant id that it serves
        self.key = chosen.key  #: that merchant's key
        self.website = chosen.website  #: that merchant's website name
        self._mailbox = mailbox
        self._books = ThreadPoolExecutor(1, "paytm-simulator-books")

    # ---- pointing a shop at it -------------------------------------------------------------------------------

    def account(self) -> dict[str, str]:
        """One account for ``PAYTM_KIT["ACCOUNTS"]``."""
        return {
            "ENVIRONMENT": "simulator",
            "HOST": self.url,
            "MERCHANT_ID": self.mid,
            "MERCHANT_KEY": self.key,
            "WEBSITE": self.website,
        }

    def settings(self, base_url: str = "http://testserver") -> dict[str, Any]:
        """A whole ``PAYTM_KIT``: with pytest-django ``settings.PAYTM_KIT = paytm_simulator.settings()``.

        ``base_url`` is the shop's own address; callbacks go to testserver, shop.example and this machine only, unless
        ``running(allow_host=…)`` names more.
        """
        return {"BASE_URL": base_url, "ACCOUNTS": {"default": self.account()}}

    def environ(self, base_url: str = "http://testserver") -> dict[str, str]:
        """The same as environment variables, for a shop in a process of its own."""
        account = {
            "PAYTM_ENVIRONMENT": "simulator",
            "PAYTM_HOST": self.url,
            "PAYTM_MID": self.mid,
            "PAYTM_MERCHANT_KEY": self.key,
            "PAYTM_WEBSITE": self.website,
        }
        return {"PAYTM_BASE_URL": base_url, **account}

    # ---- what the shopper and the bank do --------------------------------------------------------------------

    def pay(
        self, order_id: str, outcome: str = "success", *, deliver: Sequence[str] = ("webhook",), **how: Any
    ) -> dict[str, Any]:
        """Completes a payment as a shopper and their bank would; answers as ``order`` does, with the callback.

        ``outcome``: "success", "failure", "pending" or "cancel". ``how``: ``method``, ``respcode``, ``amount`` (text,
        rupees) and others of the control plane's pay call. ``deliver`` names what is sent: "webhook", and "callback"
        when a shop listens at its callback address; a test client gets it from ``callback``. Raises Mistake.
        """
        wish = {"outcome": outcome, "deliver": list(deliver), **how}
        return self.ask("POST", f"orders/{quote(order_id, safe='')}/pay", wish)

    def settle(self, order_id: str, outcome: str = "success") -> dict[str, Any]:
        """The bank's late answer to a pending payment: "success" or "failure". Raises Mistake."""
        return self.ask("POST", f"orders/{quote(order_id, safe='')}/settle", {"outcome": outcome})

    def callback(self, order_id: str) -> tuple[str, dict[str, str]]:
        """Address and fields of the form that the shopper's browser brings to the shop, faults included.

        ``bring_callback`` posts it. Raises Mistake when nobody has tried to pay, or when a fault lost the callback.
        """
        found = self.callbacks(order_id)
        if not found:
            raise Mistake(f"order_id: the callback of {order_id} was lost; a fault says so.")
        return found[-1]

    def bring_callback(self, client: Any, order_id: str) -> Any:
        """The shop's answer to that form, brought by a test client of Django, Flask or others with such a ``post``.

        It goes to the callback address's path, as a form such as browsers send (Django's client would send multipart).
        """
        url, fields = self.callback(order_id)
        return client.post(urlsplit(url).path, data=urlencode(fields), content_type=FORM)

    def callbacks(self, order_id: str) -> list[tuple[str, dict[str, str]]]:
        """Every callback of the order's payment, in order: faults lose, repeat or change them. Raises Mistake."""
        from paytm_kit.simulator.faults import callbacks
        from paytm_kit.simulator.models import Order

        def look() -> list[tuple[str, dict[str, str]]]:
            order = Order.objects.select_related("merchant").filter(order_id=order_id).last()
            attempt = order.decisive() if order else None
            if order is None or attempt is None:
                raise Mistake(f"order_id: nobody has tried to pay an order {order_id} here.")
            return [(order.callback_url, form) for form in callbacks.plan(attempt).forms]

        return self._within(look)

    def webhooks(self) -> list[Webhook]:
        """Every webhook that was sent in this test so far, in order. Waits until none that is due is on its way.

        They come here while no other address was given with ``configure(webhook_url=…)``.
        """
        self._wait_until_quiet()
        return self._mailbox.read()

    # ---- what goes wrong, and when ---------------------------------------------------------------------------

    def faults(self, *rules: str | Mapping[str, Any]) -> None:
        """These faults and no others, for every order from now on: names, or rules with more to say.

        ``faults("callback.unsigned", {"fault": "status.error", "times": 1})``; none at all ends them. Raises Mistake.
        """
        self.ask("PUT", "faults", {"faults": [{"fault": rule} if isinstance(rule, str) else rule for rule in rules]})

    def advance(self, seconds: float) -> None:
        """Moves the simulated time; what falls into it has happened when this returns. Raises Mistake."""
        self.ask("POST", "clock", {"advance_seconds": seconds})

    def configure(self, **settings: Any) -> None:
        """``webhook_url``, ``webhook_on_pending``, ``webhook_format``, ``settle_after`` and others. Raises Mistake."""
        self.ask("PUT", "settings", settings)

    def add_merchant(self, mid: str, key: str, **more: str) -> None:
        """One more merchant; ``more``: ``website``, ``webhook_url``, ``webhook_format``. Raises Mistake."""
        self.ask("POST", "merchants", {"mid": mid, "key": key, **more})

    # ---- what its books say ----------------------------------------------------------------------------------

    def order(self, order_id: str) -> dict[str, Any]:
        """One order: ``status``, ``captured_amount`` (text, rupees), ``transactions``, ``webhooks``. Raises Mistake."""
        return self.ask("GET", f"orders/{quote(order_id, safe='')}")

    def orders(self) -> list[dict[str, Any]]:
        """Every order, oldest first."""
        return list(self.ask("GET", "orders")["orders"])

    def messages(self, order_id: str = "") -> list[dict[str, Any]]:
        """The conversation on the wire in order, redacted, with the verdict on each message."""
        return list(
            self.ask("GET", f"messages?order_id={quote(order_id, safe='')}" if order_id else "messages")["messages"]
        )

    def reset(self) -> None:
        """Forgets orders, messages, webhooks, faults and merchants; time and settings are as at the start."""
        self._wait_until_quiet()
        self.ask("POST", "reset")
        self._mailbox.empty()

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Any call of the control plane: ``ask("PUT", "settings", {"settle_after": 5})``. Raises Mistake."""
        where = urlsplit(self.url)
        # Not the requests library: tests replace its inside.
        connection = HTTPConnection(str(where.hostname), where.port or 80, timeout=ANSWER_WITHIN)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request(method, f"/_sim/{path}", sent, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        finally:
            connection.close()
        if answer.status >= 500:
            raise RuntimeError(
                f"{method} /_sim/{path}: the simulator made a mistake of its own; the log has it. {text}"
            )
        said: dict[str, Any] = json.loads(text)
        if answer.status != 200:
            error = said.get("error", said)
            raise Mistake(f"{method} /_sim/{path}: {error.get('field', '')}: {error.get('message', error)}")
        return said

    def close(self) -> None:
        from paytm_kit.simulator import database

        self._within(database.leave)
        self._books.shutdown()

    def _within(self, look: Callable[[], Result]) -> Result:
        """In a thread of the simulator's: the test's may be inside an event loop."""
        return self._books.submit(look).result()

    def _wait_until_quiet(self) -> None:
        from paytm_kit.simulator import travel

        end = time.monotonic() + QUIET_WITHIN
        while self._within(travel.webhooks_under_way) and time.monotonic() < end:
            time.sleep(0.005)


class Mailbox:
    """Keeps what is posted to MAILBOX, in front of the simulator's own addresses."""

    def __init__(self, application: inprocess.Wsgi) -> None:
        self._application = application
        self._lock = threading.Lock()
        self._posts: list[Webhook] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ["PATH_INFO"] != MAILBOX:
            return self._application(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        with self._lock:
            self._posts.append(Webhook(environ.get("CONTENT_TYPE", ""), body, _signature_headers(environ)))
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(THANKS)))])
        return [THANKS]

    def read(self) -> list[Webhook]:
        with self._lock:
            return list(self._posts)

    def empty(self) -> None:
        with self._lock:
            self._posts.clear()


def _signature_headers(environ: Mapping[str, Any]) -> dict[str, str]:
    """The headers by which Stripe and PayPal sign."""
    named = {name.removeprefix("HTTP_").replace("_", "-").title(): value for name, value in environ.items()}
    return {name: value for name, value in named.items() if name.startswith(("Stripe-", "Paypal-"))}


@contextmanager
def running(
    *, seed: int | None = 1, allow_host: Sequence[str] = TEST_HOSTS, webhook_url: str = "", **options: Any
) -> Iterator[Simulator]:
    """A simulator in this process, on a free port of 127.0.0.1, with empty books of its own.

    The same ``seed`` gives the same ids in every run. ``allow_host`` names the hosts besides this machine that
    callbacks and webhooks may go to. Without ``webhook_url`` webhooks are kept for ``Simulator.webhooks``. ``options``
    are the other switches of ``paytm-simulator``, such as ``mid``, ``key``, ``settle_after`` (simulated seconds).
    Raises Refused where PAYTM_ENVIRONMENT is production, ValueError for a switch with a mistake.
    """
    chosen = Options(seed=seed, allow_host=tuple(allow_host), webhook_url=webhook_url, **options)
    boxes: list[Mailbox] = []

    def around(application: inprocess.Wsgi, address: str) -> tuple[inprocess.Wsgi, Options]:
        boxes.append(Mailbox(application))
        mailbox = address + MAILBOX
        others = {f"{name}_webhook_url": options.get(f"{name}_webhook_url", mailbox) for name in GATEWAYS}
        return boxes[0], replace(chosen, webhook_url=webhook_url or mailbox, **others)

    with inprocess.running(chosen, around) as address:
        simulator = Simulator(address, chosen, boxes[0])
        try:
            yield simulator
        finally:
            simulator.close()
