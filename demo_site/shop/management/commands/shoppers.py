"""``manage.py shoppers 20``: sends so many shoppers through the open shop at once; each buys and pays in the simulator.

Nobody brings the browser's callback: what pays an order here is the webhook alone.
"""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

ANSWERS_WITHIN = 60  # seconds, of one page
PRODUCT = "assam-breakfast"
DETAILS = {
    "name": "Asha Rao",
    "email": "asha@example.com",
    "address": "4 Lake Road",
    "city": "Mysuru",
    "pin_code": "570001",
}


class Command(BaseCommand):
    help = "Sends shoppers through the open shop at once; each buys a pouch of tea and pays it in the simulator."
    requires_system_checks = ()  # the shop's own process runs them

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("count", type=int, help="how many shoppers")
        parser.add_argument("--at-once", type=int, default=10, help="how many at the same time (10)")
        parser.add_argument("--within", type=float, default=60, help="seconds until every order must be paid (60)")

    def handle(self, *, count: int, at_once: int, within: float, **options: Any) -> None:
        if settings.PAYTM_ENVIRONMENT != "simulator":
            raise CommandError("These shoppers pay in the simulator only. Remove PAYTM_ENVIRONMENT to use it.")
        try:
            with ThreadPoolExecutor(at_once) as crowd:
                shoppers = list(crowd.map(lambda _: buy(), range(count)))
        except requests.RequestException as error:
            raise CommandError(f"A shopper could not buy: {error}. Are the shop and the simulator running?") from error
        paid = wait(shoppers, within)
        self.stdout.write(f"{paid} of {count} orders are paid.")
        if paid < count:
            raise CommandError(f"{count - paid} orders are not paid after {within:.0f} seconds.")


def buy() -> str:
    """One shopper from the shelf to the bank's yes. Returns where to ask whether the payment has arrived."""
    with requests.Session() as browser:
        _send(browser, reverse("shop:product", args=[PRODUCT]), reverse("shop:cart_add", args=[PRODUCT]), quantity="1")
        order = _send(browser, reverse("shop:checkout"), reverse("shop:checkout"), **DETAILS)
        shown = _send(browser, order, f"{order}pay/", way="default.hosted")
        gateway_page = browser.get(settings.BASE_URL + shown, timeout=ANSWERS_WITHIN).text
        order_id = re.search(r'name="orderId" value="([^"]+)"', gateway_page)
        if order_id is None:
            raise CommandError(f"{shown} does not lead to the payment page.")
        wish = {"outcome": "success", "deliver": ["webhook"]}
        host = settings.PAYTM_ACCOUNT["HOST"]
        browser.post(f"{host}/_sim/orders/{order_id[1]}/pay", json=wish, timeout=ANSWERS_WITHIN).raise_for_status()
    token = urlsplit(shown).path.rstrip("/").rpartition("/")[2]
    return settings.BASE_URL + reverse("paytm_kit:status", args=[token])


def _send(browser: requests.Session, page: str, target: str, **fields: str) -> str:
    """Fills in the form of a page. Returns the path where the answer leads."""
    browser.get(settings.BASE_URL + page, timeout=ANSWERS_WITHIN).raise_for_status()
    fields["csrfmiddlewaretoken"] = browser.cookies.get("csrftoken") or ""
    answer = browser.post(settings.BASE_URL + target, fields, timeout=ANSWERS_WITHIN, allow_redirects=False)
    answer.raise_for_status()
    if not answer.is_redirect:
        raise CommandError(f"{target} took the form back: {answer.status_code}.")
    return answer.headers["Location"]


def wait(shoppers: list[str], within: float) -> int:
    """How many have been paid when all are, or when the time is over."""
    end = time.monotonic() + within
    waiting = set(shoppers)
    with requests.Session() as browser:
        while waiting and time.monotonic() < end:
            said = {url: browser.get(url, timeout=ANSWERS_WITHIN).json()["status"] for url in waiting}
            waiting = {url for url, status in said.items() if status != "paid"}
            time.sleep(0.2)
    return len(shoppers) - len(waiting)
