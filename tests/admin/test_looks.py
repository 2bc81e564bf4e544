"""The desk in a real browser, light and dark, wide and narrow: axe finds nothing serious, nothing must be pushed aside.

``SHOTS_OUTPUT_DIR=/some/folder python -m pytest tests/admin/test_looks.py`` leaves a picture of each page.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from demo_site.shop.models import Order
from paytm_kit.api import tokens
from paytm_kit.ledger import book
from paytm_kit.models import Flag, Payment, RejectedSender, RiskDecision
from paytm_kit.services import audit, flags
from paytm_kit.testing import factories
from tests.admin.desk import Person, message, page_of
from tests.browser.barriers import serious
from tests.browser.chromium import launch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OUTPUT = "SHOTS_OUTPUT_DIR"
WIDTHS = {"phone": 360, "tablet": 768, "desktop": 1280}
SCHEMES = {"light": "en-IN", "dark": "hi-IN"}  # each with a language of its own
# axe looks at each page at the narrow and at the wide end, in one scheme and language each.
LOOKED_AT = {("desktop", "light"), ("phone", "dark")}
# Django's own: its search field's label is a picture, its links in a line of text have no underline.
NOT_OURS = [[".breadcrumbs"], ["#changelist-search"], ["#header"], ["#nav-sidebar"]]


@pytest.fixture
def browser(pytestconfig: pytest.Config) -> Browser:
    return launch(pytestconfig)


@pytest.fixture
def shown(make_order: Callable[..., Order]) -> dict[str, Any]:
    """A desk with one row of each kind, as a week leaves it."""
    states = ("created", "processing", "pending", "failed", "expired", "held", "late", "part_refunded", "refund_failed")
    made = {state: factories.payment(make_order(), state, ago=timedelta(hours=3)) for state in states}
    made["disputed"] = factories.payment(make_order("1249.50"), "disputed", ago=timedelta(days=3))
    first, second = factories.paid_twice(make_order())
    made["twice"] = second
    audit.by_command("command by ravi", "payment.ask", second, detail="It is Paid. Txn Success")
    audit.by_command(
        "command by ravi", "payment.refund", second, reason="Paid twice", result="failed", detail="No answer"
    )
    first = book.flag(first.pk, Flag.LATE_SUCCESS, source="reconcile", message="It had expired.").payment
    flags.resolve(first, Flag.LATE_SUCCESS, actor="meera", reason="Delivered today.")
    message(
        second, verdict="bad_signature", http_status=400, remote_ip="198.51.100.9", detail="The signature is wrong."
    )
    message(
        second, direction="out", channel="status", elapsed_ms=412, response_body='{"resultCode": "01"}', url="https://x"
    )
    made["message"] = message(second)
    numbers = {"amount >= 25000": "31500.00", "customer_paid == 0": "0"}
    words = {"rule": "high_first_payment", "reason": "A high amount from a customer who has never paid here before."}
    made["decision"] = RiskDecision.objects.create(
        payment=made["created"], action="hold", numbers=numbers, created_at=timezone.now(), **words
    )
    RejectedSender.objects.create(
        address="2001:db8:1:2::/64", day=timezone.now().date(), messages=4210, only_counted=4180, until=timezone.now(),
        last_at=timezone.now(),
    )  # fmt: skip
    made["token"], _text = tokens.make(User.objects.create_user("app"), "mobile app")
    return made


def pages(made: dict[str, Any]) -> dict[str, str]:
    event = made["failed"].events.get(kind="failed")
    day = made["twice"].created_at
    return {
        **{f"{name}-list": f"/admin/paytm_kit/{name}/" for name in ("payment", "wiremessage", "auditentry")},
        "payment-day": f"/admin/paytm_kit/payment/?day={day:%Y-%m}&q={made['twice'].order_label.replace(' ', '+')}",
        **{f"payment-{state}": page_of(made[state]) for state in ("failed", "held", "twice", "disputed")},
        "payment-refund": page_of(made["twice"], "refund"),
        "payment-history": page_of(made["twice"], "history"),
        "payment-resolve": page_of(made["twice"], f"resolve/{Flag.DUPLICATE}"),
        "message": page_of(made["message"]),
        "message-replay": page_of(made["message"], "replay"),
        "announcement": page_of(event.announcement),
        "dispute": page_of(made["disputed"].disputes.get()),
        **{f"{name}-list": f"/admin/paytm_kit/{name}/" for name in ("riskdecision", "rejectedsender")},
        "riskdecision": page_of(made["decision"]),
        "riskdecision-pass": page_of(made["decision"], "pass"),
        "apitoken-list": "/admin/paytm_kit_api/apitoken/",
        "apitoken": page_of(made["token"]),
    }


def test_every_page_of_the_desk_fits_and_shuts_nobody_out(
    shown: dict[str, Any], browser: Browser, live_server: LiveServer
) -> None:
    person = Person()
    person.open(page_of(shown["twice"], "resolve/duplicate"))
    person.send(page_of(shown["twice"], "resolve/duplicate"), reason="  ")
    session = person.client.cookies[settings.SESSION_COOKIE_NAME].value
    wrong: dict[str, list[str]] = {}
    for scheme, locale in SCHEMES.items():
        context = browser.new_context(color_scheme=scheme, locale=locale)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        page = context.new_page()
        problems = listen(page)
        for name, path in pages(shown).items():
            page.goto(live_server.url + path)
            for device, width in WIDTHS.items():
                page.set_viewport_size({"width": width, "height": 900})
                looked_at = (device, scheme) in LOOKED_AT
                found = too_wide(page) + problems + (serious(page, NOT_OURS) if looked_at else [])
                problems.clear()
                if found:
                    wrong[f"{name}, {device}, {scheme}"] = found
                if folder := os.environ.get(OUTPUT):
                    picture = Path(folder) / f"{name}-{device}-{scheme}.png"
                    page.screenshot(path=picture, full_page=True, animations="disabled")
        context.close()
    assert not wrong, "\n".join(f"{where}: {what}" for where, what in wrong.items())


def listen(page: Page) -> list[str]:
    """What the console complains of: a refused script or style, a file that is not there."""
    problems: list[str] = []
    page.on(
        "console", lambda said: problems.append(f"{said.text[:300]} {said.location}") if said.type == "error" else None
    )
    return problems


def too_wide(page: Page) -> list[str]:
    """What of ours sticks out; the admin's own tables scroll within their box."""
    script = """() => [...document.querySelectorAll('.pk-page, .pk-page *')]
        .filter(box => box.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
        .filter(box => !box.closest('pre, .pk-scroll'))
        .map(box => `${box.tagName}.${box.className} sticks out`).slice(0, 5)"""
    found: list[str] = page.evaluate(script)
    return found


def test_a_payments_page_opens_its_messages_by_keyboard(
    shown: dict[str, Any], browser: Browser, live_server: LiveServer
) -> None:
    payment: Payment = shown["twice"]
    session = Person().client.cookies[settings.SESSION_COOKIE_NAME].value
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}{page_of(payment)}?story=wire")
    box = page.locator(".pk-entry details").first
    expect(box.locator("pre").first).to_be_hidden()
    box.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(box.locator("pre").first).to_be_visible()
    context.close()
