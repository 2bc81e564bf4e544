"""A person at the desk: a browser without scripts that sends only what a page gave it; and rows worth looking at."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bs4 import BeautifulSoup
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from demo_site.shop.models import Order
from paytm_kit.models import Payment, WireMessage
from paytm_kit.services import roles

PAYMENTS = "/admin/paytm_kit/payment/"


class Person:
    """Somebody signed in, with CSRF enforced. ``role`` is one of ``services.roles``; empty: a superuser."""

    def __init__(self, role: str = "", *, name: str = "meera") -> None:
        if role:
            roles.mend()
            user = User.objects.create_user(name, is_staff=True)
            user.groups.add(Group.objects.get(name=role))
        else:
            user = User.objects.create_superuser(name)
        self.user = user
        self.client = Client(enforce_csrf_checks=True, REMOTE_ADDR="203.0.113.7")
        self.client.force_login(user)

    def open(self, path: str, status: int = 200) -> BeautifulSoup:
        self._read(self.client.get(path))
        assert self.response.status_code == status, path
        return self.page

    def send(self, path: str, status: int = 200, **fields: Any) -> str:
        """Posts what the page's form holds besides ``fields``, and follows to where it leads; the text of that page."""
        given = {**self.hidden(), **fields, "csrfmiddlewaretoken": self.token()}
        self._read(self.client.post(path, given, follow=True))
        assert self.response.status_code == status, self.text()
        return self.text()

    def token(self) -> str:
        return str(self.page.select_one("input[name=csrfmiddlewaretoken]")["value"])

    def hidden(self) -> dict[str, Any]:
        """The hidden fields of the page's own form."""
        form = self.page.select_one(".pk-page form[method=post]:not([action])")
        fields: dict[str, Any] = {}
        for field in form.select("input[type=hidden]") if form else ():
            fields.setdefault(field["name"], []).append(field.get("value", ""))
        return fields

    def text(self) -> str:
        return " ".join(self.page.get_text(" ").split())

    def messages(self) -> list[str]:
        return [item.get_text(strip=True) for item in self.page.select(".messagelist li")]

    def listed(self, query: str = "", of: str = PAYMENTS) -> list[str]:
        """What stands in the first column of a list."""
        self.open(of + query)
        return [cell.get_text(strip=True) for cell in self.page.select("#result_list tbody th")]

    def _read(self, response: Any) -> None:
        self.response = response
        self.page = BeautifulSoup(response.content, "html.parser")


def page_of(row: Any, what: str = "change") -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/{what}/"


def message(payment: Payment, /, **values: Any) -> WireMessage:
    """One stored message of a payment, unless told otherwise a webhook that was right."""
    given = {
        "direction": "in",
        "channel": "webhook",
        "payment": payment,
        "account": payment.account,
        "gateway_order_id": payment.gateway_order_id,
        "content_type": "application/x-www-form-urlencoded",
        "request_body": json.dumps({"ORDERID": payment.gateway_order_id, "STATUS": "TXN_SUCCESS"}),
        "http_status": 200,
        "verdict": "verified",
        "correlation_id": "c0ffee00c0ffee00",
        "created_at": timezone.now(),
        "processed_at": timezone.now(),
    }
    return WireMessage.objects.create(**{**given, **values})


def long_story(payment: Payment, messages: int) -> None:
    """So many messages, one a second, all of them before now."""
    now = timezone.now()
    rows = [
        WireMessage(
            direction="in",
            channel="webhook",
            payment=payment,
            gateway_order_id=payment.gateway_order_id,
            detail=f"number {number}",
            request_body="{}",
            verdict="verified",
            correlation_id="c",
            created_at=now - timedelta(seconds=messages - number),
        )
        for number in range(messages)
    ]
    WireMessage.objects.bulk_create(rows)


OrderMaker = Callable[..., Order]
