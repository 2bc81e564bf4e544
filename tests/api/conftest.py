"""Callers of the API: a person with a session, a program with a token, staff; and the answers that they read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.test import Client

from demo_site.shop.models import Order
from paytm_kit.api import tokens

JSON = "application/json"
INITIATE = "/api/payment/initiate"


class Caller:
    """Speaks JSON to the API as somebody."""

    def __init__(self, **headers: str) -> None:
        self.client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        self.headers = headers

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path, query, headers=self.headers)

    def post(self, path: str, data: Any, **headers: str) -> Any:
        body = data if isinstance(data, str | bytes) else json.dumps(data)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(path, body, content_type=JSON, headers={**self.headers, **named})


def problem(response: Any, status: int, code: str) -> Any:
    """The problem details of an answer, after looking whether it is what it should be."""
    assert response.headers["Content-Type"] == "application/problem+json", response.content
    found = response.json()
    assert (response.status_code, found["code"], found["status"]) == (status, code, status), found
    assert found["type"] == f"urn:paytm-kit:problem:{code}"
    assert found["title"]
    assert found["detail"]
    assert found["correlation_id"] == response.headers["X-Correlation-Id"]
    return found


def fields(response: Any, status: int = 400, code: str = "invalid_request") -> dict[str, str]:
    """Field → code of what is wrong with it."""
    return {error["field"]: error["code"] for error in problem(response, status, code)["errors"]}


@pytest.fixture(autouse=True)
def _nobody_was_throttled() -> None:
    cache.clear()


@pytest.fixture
def make_caller(transactional_db: None) -> Callable[..., Caller]:
    """A program that acts as a user with these permissions of the kit."""

    def make(username: str = "asha", *permissions: str) -> Caller:
        user, _ = User.objects.get_or_create(username=username)
        user.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
        return Caller(Authorization=f"Bearer {tokens.make(user, 'test')[1]}")

    return make


@pytest.fixture
def asha(make_caller: Callable[..., Caller]) -> Caller:
    return make_caller()


@pytest.fixture
def staff(make_caller: Callable[..., Caller]) -> Caller:
    allowed = ("view_payment", "view_refund", "view_paymentevent", "refund_payment")
    return make_caller("finance", *allowed)


@pytest.fixture
def hers(make_order: Callable[..., Order], asha: Caller) -> Order:
    """An order of Asha's over ₹499.00."""
    return make_order(user=User.objects.get(username="asha"))


def wanted(order: Order, **changes: Any) -> dict[str, Any]:
    return {"order_id": order.number, "payment_method": "credit_card", "amount": "499.00", **changes}
