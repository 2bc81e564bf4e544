"""Reads a merchant's pages as a browser and its scripts would: forms, and where a payment begins. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

# Source: Paytm docs, Initiate Transaction (showPaymentPage) and the deprecated-flow integration.
ENTRANCES = ("showPaymentPage", "processTransaction", "order/process")
ORDER_NAMES = ("orderId", "ORDER_ID")
SCRIPTED_ORDER = re.compile(r"""["']?\borderId["']?\s*[:=]\s*["']([A-Za-z0-9@._-]{1,50})["']""")
SCRIPTED_TOKEN = re.compile(r"""["']?\b(?:txnToken|token)["']?\s*[:=]\s*["']([^"'\s]{16,})["']""")
PRESSED = ("submit", "button", "image", "reset")
TICKED = ("checkbox", "radio")


@dataclass
class Form:
    """One form: what it would send when its first button is pressed."""

    action: str = ""
    method: str = "GET"
    id: str = ""
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def order_id(self) -> str:
        return next((self.fields[name] for name in ORDER_NAMES if self.fields.get(name)), "")

    @property
    def leads_to_paytm(self) -> bool:
        return bool(self.order_id) and any(name in self.action for name in ENTRANCES)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").upper(), given.get("id", ""))
            self.forms.append(self._form)
        elif self._form is not None and given.get("name"):
            self._field(tag, given["name"], given, self._form.fields)
        elif tag == "option" and self._form is not None and self._select:
            self._option(self._select, given, self._form.fields)

    def _field(self, tag: str, name: str, given: dict[str, str], fields: dict[str, str]) -> None:
        kind = given.get("type", "text").lower()
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._textarea = name
            fields[name] = ""
        elif tag == "input" and kind not in PRESSED and (kind not in TICKED or "checked" in given):
            fields[name] = given.get("value", "on" if kind in TICKED else "")

    def _option(self, name: str, given: dict[str, str], fields: dict[str, str]) -> None:
        if "selected" in given or name not in fields:
            fields[name] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._textarea and self._form is not None:
            self._form.fields[self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""


def forms(page: str) -> list[Form]:
    reader = _Reader()
    reader.feed(page)
    return reader.forms


def chosen_form(page: str, pattern: str) -> Form | None:
    """The first form whose action or id matches; ``^$`` is one that posts to its own page."""
    named = (form for form in forms(page) if any(re.search(pattern, text) for text in (form.action, form.id or "-")))
    return next(named, None)


def scripted_order(page: str) -> str:
    """The order id that a JS Checkout page, or a JSON answer, hands to Paytm's script; "" when there is none."""
    order = SCRIPTED_ORDER.search(page)
    return order[1] if order and SCRIPTED_TOKEN.search(page) else ""


class MissingLibrary(Exception):
    """A CSS selector was given, and what reads it is not installed."""


def extracted(page: str, how: str) -> str | None:
    """What a regular expression (its first group) or ``css:selector@attribute`` finds; None when nothing."""
    if not how.startswith("css:"):
        found = re.search(how, page)
        return None if found is None else found[found.re.groups and 1]
    try:
        from bs4 import BeautifulSoup
    except ImportError as error:
        raise MissingLibrary('css: needs Beautiful Soup. Install it: pip install "paytm-kit[examine]"') from error
    selector, _, attribute = how.removeprefix("css:").partition("@")
    node: Any = BeautifulSoup(page, "html.parser").select_one(selector)
    if node is None:
        return None
    return str(node.get(attribute) or "") if attribute else str(node.get_text(strip=True))
