"""What attackers and careless clients send beside the body; what a site's settings and databases must not change."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from rest_framework.settings import api_settings

from demo_site.shop.models import Order
from paytm_kit.api import cards
from paytm_kit.api.problems import Problem
from paytm_kit.models import Payment
from tests.api.conftest import INITIATE, JSON, Caller, fields, problem, wanted
from tests.api.test_hostile import CARD, everything_stored

# ---- Card data


@pytest.mark.parametrize(
    "gap",
    [
        *("\u2009", "\u202f", "\u3000", "\t", "\n", " - ", "   ", "\u2014", "\u2212", "\uff0d"),
        *("\u200b", "\u2060", "\u00ad", "\ufeff", "%20", "+", "%09", "%E2%80%89", "%2D"),
    ],
    ids=ascii,
)
def test_a_card_in_an_address_is_refused_whatever_stands_between_its_groups(gap: str) -> None:
    spelt = gap.join(CARD[at : at + 4] for at in range(0, 16, 4))
    with pytest.raises(Problem, match="card_data"):
        cards.refuse(json.dumps({"return_url": f"/thanks?c={spelt}"}).encode(), JSON)


@pytest.mark.parametrize(
    "value", ["/orders/2026/11/21/123456", "3f0c9a52-6c1e-4a39-9d1f-0f6f6a4c7f11", "2026-11-21T10:00:00+05:30", "100%"]
)
def test_addresses_dates_and_ids_are_no_cards(value: str) -> None:
    cards.refuse(json.dumps({"return_url": value}).encode(), JSON)


def test_card_data_in_the_query_is_refused_for_the_same_reason(
    asha: Caller, hers: Order, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = [asha.get(f"/api/v1/payments?x={CARD}")]
    for query in (f"card_number={CARD}", f"{CARD}=1", "cvv=123", "x=4111%201111+1111-1111"):
        answers.append(asha.post(f"{INITIATE}?{query}", wanted(hers)))
    for answer in answers:
        assert fields(answer, 400, "card_data") == {"query": "card_data"}
        assert "PCI DSS" in answer.json()["detail"]
        assert "1111" not in answer.content.decode() + caplog.text + everything_stored()


def test_a_shops_function_that_breaks_over_a_card_number_leaves_none_in_the_log(
    asha: Caller, hers: Order, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr("demo_site.shop.api.order_for", lambda order_id, request: {}[order_id])
    problem(asha.post(INITIATE, wanted(hers, order_id=CARD)), 400, "card_data")
    assert "1111" not in caplog.text
    problem(asha.post(INITIATE, wanted(hers)), 500, "server_error")
    assert f"KeyError: '{hers.number}'" in caplog.text


# ---- Headers, addresses, settings


@pytest.mark.parametrize("content_type", [f"text/{CARD}", "text/canary"])
def test_a_content_type_is_not_repeated(asha: Caller, content_type: str) -> None:
    answer = asha.client.generic("POST", INITIATE, b"{}", content_type=content_type, headers=asha.headers)
    problem(answer, 415, "unsupported_media_type")
    assert "1111" not in answer.content.decode()
    assert "canary" not in answer.content.decode()


def test_an_address_with_a_zero_byte_leads_nowhere_on_any_database(staff: Caller, paid: Payment) -> None:
    for path in ("%00", "%00/events", "%00/refunds", f"{paid.gateway_order_id}/refunds/%00"):
        problem(staff.get(f"/api/v1/payments/{path}"), 404, "not_found")


def test_format_is_a_parameter_that_is_not_known_here(asha: Caller) -> None:
    for word in ("csv", "json"):
        assert fields(asha.get("/api/v1/payments", format=word)) == {"format": "unknown"}


def test_the_sites_own_settings_of_rest_framework_change_no_answer(staff: Caller, paid: Payment, settings: Any) -> None:
    paths = [f"/api/v1/payments/{paid.gateway_order_id}", "/api/v1/events", "/api/v1/payments?search=a"]
    before = [staff.get(path).json() for path in paths]
    settings.REST_FRAMEWORK = {
        "DATETIME_FORMAT": "%d.%m.%Y",
        "DATE_FORMAT": "%d",
        "COERCE_DECIMAL_TO_STRING": False,
        "URL_FORMAT_OVERRIDE": "search",
        "UNAUTHENTICATED_USER": None,
        "DEFAULT_RENDERER_CLASSES": [],
        "EXCEPTION_HANDLER": "nowhere",
    }
    assert api_settings.DATETIME_FORMAT == "%d.%m.%Y"
    assert [staff.get(path).json() for path in paths] == before
