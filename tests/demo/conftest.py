"""A shopper who reads pages and fills in the forms that stand on them, with CSRF enforced as for a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup, Tag
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from demo_site.shop.models import Order
from demo_site.shop.seed import seed

DETAILS = {
    "name": "Meera Iyer",
    "email": "meera@example.com",
    "mobile": "+91 90000-00001",
    "address": "4 Lake Road",
    "city": "Mysuru",
    "pin_code": "570001",
}


class Shopper:
    """One browser. ``page`` is what it shows, ``response`` the answer behind it."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.response: HttpResponse
        self._page: BeautifulSoup | None = None

    @property
    def page(self) -> BeautifulSoup:
        if self._page is None:
            self._page = BeautifulSoup(self.response.content, "html.parser")
        return self._page

    @page.setter
    def page(self, page: BeautifulSoup) -> None:
        self._page = page

    def open(self, path: str) -> None:
        self._show(self.client.get(path, follow=True))

    def send(self, action: str, *, nth: int = 0, **changes: object) -> None:
        """Submits the page's nth form with this action: its own fields, with ``changes`` laid over them."""
        forms = [form for form in self.page.select("form[method=post]") if (form.get("action") or "") == action]
        self._show(self.client.post(action or self._path(), {**fields(forms[nth]), **changes}, follow=True))

    def sign_in(self, username: str) -> None:
        self.client.force_login(User.objects.get(username=username))

    def text(self) -> str:
        return " ".join(self.page.main.get_text(" ").split())

    def notices(self) -> str:
        return " ".join(notice.get_text(" ", strip=True) for notice in self.page.select(".notice"))

    def buy(self, *slugs: str, **details: object) -> Order:
        """Puts these into the cart and places the order."""
        for slug in slugs or ("kashmiri-saffron",):
            self.open(f"/product/{slug}/")
            self.send(f"/cart/{slug}/add/")
        self.open("/checkout/")
        self.send("", **{**DETAILS, **details})
        return Order.objects.latest("pk")

    def _path(self) -> str:
        return self.response.request["PATH_INFO"]

    def _show(self, response: HttpResponse) -> None:
        self.response, self._page = response, None


def fields(form: Tag) -> dict[str, str]:
    """What a browser would send if the form were submitted as it stands."""
    chosen = [i for i in form.select("input[name]") if i.get("type") != "radio" or i.has_attr("checked")]
    return {str(item["name"]): str(item.get("value", "")) for item in chosen}


@pytest.fixture
def catalogue(db: None) -> None:
    seed()


@pytest.fixture
def new_shopper(catalogue: None) -> Callable[[], Shopper]:
    """Another browser each time."""
    return Shopper


@pytest.fixture
def shopper(new_shopper: Callable[[], Shopper]) -> Shopper:
    return new_shopper()
