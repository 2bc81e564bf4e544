"""The overview in a real browser, under a strict policy: charts are drawn, fit every width, and shut nobody out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from demo_site.content_policy import policy
from tests.browser.barriers import serious, too_wide
from tests.browser.shots import OUTPUT
from tests.browser.test_accessibility import WIDTHS

PATH = "/admin/paytm_kit/payment/overview/?environment=simulator&period=30d"

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, settings: Any, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A merchant's browser, signed in, before 150 invented payments; nothing may be said on its console."""
    settings.CONTENT_SECURITY_POLICY = policy("production")
    call_command("paytm_seed", "--payments", "150", "--days", "20", "--force", verbosity=0)
    client = Client()
    client.force_login(User.objects.create_superuser("merchant"))
    context = browser.new_context(locale=getattr(request, "param", "en-IN"))
    cookie = client.cookies[django_settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(live_server.url + PATH)
    yield page
    context.close()
    assert said == []


# Whether something stands on every one of the five charts, and the first looks otherwise than it did.
DRAWN = """before => {
    const all = [...document.querySelectorAll(".pk-chart canvas")];
    return all.length === 5 && all[0].toDataURL() !== before && all.every(one => one.getContext("2d")
        .getImageData(0, 0, one.width, one.height).data.some(value => value > 0));
}"""


def test_every_chart_is_drawn_beside_its_table_and_follows_the_theme(page: Page) -> None:
    page.wait_for_function(DRAWN, arg="")
    page.wait_for_timeout(600)  # the bars have grown: 250 ms
    light = page.locator(".pk-chart canvas").first.evaluate("one => one.toDataURL()")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(DRAWN, arg=light)


@pytest.mark.parametrize("page", ["en-IN", "hi-IN"], indirect=True)
def test_it_fits_every_width_and_axe_finds_nothing_serious(page: Page) -> None:
    wrong = {}
    for device, width in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(300)
        if found := too_wide(page) + serious(page):
            wrong[device] = found
        if folder := os.environ.get(OUTPUT):
            language = page.locator("html").get_attribute("lang")
            page.screenshot(path=Path(folder) / f"overview-{device}-{language}.png", full_page=True)
    assert wrong == {}


def test_whoever_changes_a_day_gets_these_days(page: Page) -> None:
    page.get_by_label("From").fill("2026-11-01")
    expect(page.get_by_label("Period")).to_have_value("range")
