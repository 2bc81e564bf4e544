"""What nobody should send: bodies that break readers, card data wherever it hides, forged tokens, foreign pages."""

from __future__ import annotations

import html
import json
import logging
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import DatabaseError, models
from django.test import Client
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from demo_site.shop.models import Order
from paytm_kit.api import cards, tokens
from paytm_kit.api.models import ApiToken, RememberedAnswer
from paytm_kit.api.problems import KINDS, Problem
from paytm_kit.models import Payment
from tests.api.conftest import INITIATE, JSON, Caller, fields, problem, wanted
from tests.paytm import FORM, Paytm

CARDS = ("4111111111111111", "5555555555554444", "378282246310005", "6073849700004947", "2223000048400011")
CARD = CARDS[0]


# ---- Bodies


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"1",
        b"\xff\xfe",
        b"\x00",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"amount": "1", "amount": "2"}',
        b'{"a": ' + b"[" * 3000 + b"]" * 3000 + b"}",
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": 1} trailing',
        b"order_id=1",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_json_object_is_a_parse_error(asha: Caller, body: bytes) -> None:
    problem(asha.post(INITIATE, body), 400, "parse_error")


def test_a_parse_error_repeats_nothing_of_the_body(asha: Caller) -> None:
    assert "canary" not in asha.post(INITIATE, '{"canary": canary}').content.decode()


@pytest.mark.parametrize("content_type", [FORM, "text/plain", "multipart/form-data; boundary=x", "application/xml", ""])
def test_another_content_type_is_a_415(asha: Caller, content_type: str) -> None:
    answer = asha.client.generic("POST", INITIATE, b'{"a": 1}', content_type=content_type, headers=asha.headers)
    problem(answer, 415, "unsupported_media_type")


def test_a_body_over_64_kib_is_a_413(asha: Caller) -> None:
    problem(asha.post(INITIATE, b'{"a": "' + b"x" * 65_536 + b'"}'), 413, "body_too_large")


def test_an_accept_header_without_json_is_a_406(asha: Caller) -> None:
    answer = asha.client.get("/api/v1/payments", headers={**asha.headers, "Accept": "text/csv"})
    problem(answer, 406, "not_acceptable")


@pytest.mark.parametrize("path", ["v1/nothing", "v1/", "payment/", "v2/payments", "v1/payments/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_address_that_nothing_stands_at_is_a_problem_too(db: None, path: str, method: str) -> None:
    problem(getattr(Client(), method)(f"/api/{path}"), 404, "not_found")


def test_other_addresses_below_the_prefix_are_left_to_the_site(db: None) -> None:
    assert Client().get("/api/of/the/shop").headers["Content-Type"].startswith("text/html")


def test_a_wrong_method_names_the_right_ones(asha: Caller) -> None:
    answer = asha.client.put("/api/v1/payments", headers=asha.headers)
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD"


def test_a_defect_is_a_calm_500_and_stands_in_the_log(
    asha: Caller, hers: Order, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("paytm_kit.api.views.initiate.offering.choose", lambda *_, **__: 1 / 0)
    found = problem(asha.post(INITIATE, wanted(hers)), 500, "server_error")
    assert "division" not in json.dumps(found)
    assert "ZeroDivisionError" in caplog.text
    assert found["correlation_id"] in caplog.text


def test_a_database_that_fails_is_a_calm_500(asha: Caller, hers: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise DatabaseError("canary")

    monkeypatch.setattr("paytm_kit.api.views.initiate.offering.choose", broken)
    assert "canary" not in json.dumps(problem(asha.post(INITIATE, wanted(hers)), 500, "server_error"))


def test_a_payment_that_another_request_holds_is_busy(
    staff: Caller, paid: Payment, busy: Callable[[Payment], None]
) -> None:
    busy(paid)
    path = f"/api/v1/payments/{paid.gateway_order_id}/refunds"
    answer = staff.post(path, {"reason": "x"}, Idempotency_Key="k")
    problem(answer, 503, "busy")
    assert answer.headers["Retry-After"] == "5"
    assert not paid.refunds.exists()


@pytest.mark.parametrize("text", [{"x": "\ud800"}, {"\ud800": 1}, {"\u202e": 1}, {"a\nb": 1}, {"a" * 3000: 1}, {"": 1}])
def test_odd_names_of_fields_are_named_in_one_safe_line(asha: Caller, text: dict[str, Any]) -> None:
    for name in fields(asha.post(INITIATE, text)):
        assert len(name) <= 60
        assert name.isprintable()


# ---- Card data


def everything_stored() -> str:
    """Every text of every row of every table, the API's and the kit's."""
    found = []
    for label in ("paytm_kit", "paytm_kit_api", "shop"):
        for model in apps.get_app_config(label).get_models():
            texts = [
                field.attname
                for field in model._meta.concrete_fields
                if isinstance(field, models.CharField | models.TextField | models.BinaryField | models.JSONField)
            ]
            found += [repr(row) for row in model._base_manager.values_list(*texts)] if texts else []
    return "\n".join(found)


HIDDEN: dict[str, Any] = {
    "a field": {"card_number": CARD},
    "a field's name alone": {"cvv": "123"},
    "spelt otherwise": {"Card-Number": "1", "CVC2": "1"},
    "expiry": {"expiry_month": 12},
    "a number": {"x": int(CARD)},
    "a float": '{"x": 4.111111111111111e15}',
    "a nested field": {"a": [{"b": {"c": {"securityCode": "1"}}}]},
    "a key": {CARD: 1},
    "a nested key": {"a": {"b": [{CARD: ""}]}},
    "grouped": {"order_id": "4111 1111 1111 1111", "x": "4111-1111-1111-1111"},
    "inside a sentence": {"return_url": f"please take {CARD} thanks"},
    "spread over a list": {"x": ["4111", "1111", "1111", "1111"]},
    "spread over numbers": {"x": [4111, 1111, 1111, 1111]},
    "escaped": '{"x": "' + "".join(f"\\u{ord(digit):04x}" for digit in CARD) + '"}',
    "other digits": {"x": "४१११११११११११११११"},
    "behind a long text": {"x": "a" * 20_000 + " " + CARD},
    "across a look's edge": {"x": "a" * (16_000 - 8) + CARD},
    "in the place of the method": {"payment_method": CARD},
    "a doubled key": f'{{"x": "{CARD}", "x": ""}}',
    "broken json": f'{{"x": "{CARD}"',
    "deep": '{"a":' * 500 + f'"{CARD}"' + "}" * 500,
    "too deep": '{"a":' * 5000 + f'"{CARD}"' + "}" * 5000,
}


@pytest.mark.parametrize("sent", HIDDEN.values(), ids=HIDDEN.keys())
@pytest.mark.parametrize("key", ["", "k1"])
def test_card_data_is_refused_wherever_it_hides(
    asha: Caller, hers: Order, caplog: pytest.LogCaptureFixture, sent: Any, key: str
) -> None:
    caplog.set_level(logging.DEBUG)
    body = sent if isinstance(sent, str) else json.dumps({**wanted(hers), **sent})
    answer = asha.post(INITIATE, body, **({"Idempotency_Key": key} if key else {}))
    found = problem(answer, 400, "card_data")
    assert "PCI DSS" in found["detail"]
    assert "gateway's page" in html.unescape(found["detail"])
    left = everything_stored() + caplog.text + answer.content.decode() + repr([r.__dict__ for r in caplog.records])
    assert not any(card in left for card in CARDS)
    assert "1111 1111" not in left
    assert not re.search(r"\*{4}1111", left), "not even the last four digits"
    assert not Payment.objects.exists()
    assert not RememberedAnswer.objects.exists()


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("content_type", [JSON, FORM, "text/plain", "application/xml"])
def test_card_data_is_refused_in_every_format_and_to_everybody(db: None, card: str, content_type: str) -> None:
    body = {
        JSON: json.dumps({"card": {"number": card}}),
        FORM: urlencode({"card_number": f"{card[:4]} {card[4:]}", "order_id": "1"}),
        "text/plain": f"number: {card}",
        "application/xml": f"<card><number>{card}</number></card>",
    }[content_type]
    problem(Client().post(INITIATE, body, content_type=content_type), 400, "card_data")


def test_card_data_is_refused_in_a_refund_and_in_a_plain_notice(staff: Caller, paid: Payment) -> None:
    path = f"/api/v1/payments/{paid.gateway_order_id}/refunds"
    problem(staff.post(path, {"reason": f"card {CARD}"}, Idempotency_Key="k"), 400, "card_data")
    sent = {"order_id": "1", "status": "paid", "transaction_id": CARD}
    problem(staff.post("/api/payment/callback", sent), 400, "card_data")


def test_a_gateways_own_format_is_masked_and_dropped_as_ever(client: Client, db: None) -> None:
    """Its ids are long runs of digits, and Stripe's objects have fields such as exp_month: only the journal judges."""
    body = urlencode({"ORDERID": "x", "card_number": CARD, "cvv": "123", "RESPMSG": f"paid by {CARD}"})
    problem(client.post("/api/payment/callback", body, content_type=FORM), 400, "invalid_notice")
    assert CARD not in everything_stored()


def test_an_order_whose_number_looks_like_a_card_can_be_paid(
    asha: Caller, hers: Order, paytm: Paytm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One number in ten passes the Luhn test: what the shop knows as its order is no card."""
    monkeypatch.setattr("demo_site.shop.api.order_for", lambda order_id, request: hers if order_id == CARD else None)
    paytm.will_start()
    assert asha.post(INITIATE, wanted(hers, order_id=CARD)).status_code == 200
    problem(asha.post(INITIATE, wanted(hers, order_id=CARDS[1])), 400, "card_data")


@given(
    st.recursive(
        st.text(st.characters(exclude_categories=["Nd", "Cs"])) | st.integers(0, 10**11), st.lists, max_leaves=8
    )
)
@hypothesis(max_examples=60, deadline=None)
def test_what_holds_no_long_number_and_no_such_name_passes(value: Any) -> None:
    cards.refuse(json.dumps({"order_id": value}).encode(), JSON)


@given(st.sampled_from(CARDS), st.sampled_from(["", " ", "-", "."]), st.text("abc,;{}\"'= ", max_size=5))
@hypothesis(max_examples=60, deadline=None)
def test_a_card_is_found_in_any_spelling(card: str, gap: str, around: str) -> None:
    spelt = gap.join(card[at : at + 4] for at in range(0, len(card), 4))
    for body in (json.dumps({"x": f"{around}{spelt}{around}"}), f"{around}{spelt}{around}"):
        with pytest.raises(Problem, match="card_data"):
            cards.refuse(body.encode(), JSON)


# ---- Tokens and sessions


def test_only_a_hash_of_a_token_is_kept(asha: Caller) -> None:
    text = asha.headers["Authorization"].removeprefix("Bearer ")
    assert text.startswith("ptk_")
    assert len(text) == 47
    assert text not in everything_stored()
    row = ApiToken.objects.get()
    assert text.startswith(row.prefix)
    assert row.used_on is None
    asha.get("/api/v1/payments")
    row.refresh_from_db()
    assert row.used_on is not None


@pytest.mark.parametrize(
    "header",
    ["Bearer x", "Bearer ", "Bearer ptk_" + "a" * 43, "Bearer ptk_é", "Token ptk_" + "b" * 43, "bearer a b c"],
)
def test_a_token_that_opens_nothing_is_a_401(db: None, header: str) -> None:
    problem(Caller(Authorization=header).get("/api/v1/payments"), 401, "not_authenticated")


@pytest.mark.parametrize("how", ["revoked", "over", "user gone"])
def test_a_token_that_was_ended_is_a_401(asha: Caller, how: str) -> None:
    assert asha.get("/api/v1/payments").status_code == 200
    if how == "revoked":
        assert tokens.revoke(ApiToken.objects.get().pk)
        assert not tokens.revoke(ApiToken.objects.get().pk)
    elif how == "over":
        ApiToken.objects.update(expires_at="2026-01-01T00:00:00Z")
    else:
        User.objects.update(is_active=False)
    problem(asha.get("/api/v1/payments"), 401, "not_authenticated")


def test_the_command_makes_lists_and_revokes_tokens(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    User.objects.create(username="app")
    call_command("paytm_api_token", "--user", "app", "--name", "mobile", "--days", "30")
    text = capsys.readouterr().out.splitlines()[-1]
    assert Caller(Authorization=f"Bearer {text}").get("/api/v1/payments").status_code == 200
    call_command("paytm_api_token", "--list")
    shown = capsys.readouterr().out
    assert "app  mobile  good" in shown
    assert text not in shown
    call_command("paytm_api_token", "--revoke", str(ApiToken.objects.get().pk))
    problem(Caller(Authorization=f"Bearer {text}").get("/api/v1/payments"), 401, "not_authenticated")
    for wrong in (("--user", "nobody"), ("--revoke", "999"), ("--user", "app", "--days", "0")):
        with pytest.raises(CommandError):
            call_command("paytm_api_token", *wrong)


def test_a_session_needs_the_csrf_token_for_what_changes_something(hers: Order, paytm: Paytm) -> None:
    paytm.will_start()
    caller = Caller()
    caller.client.force_login(User.objects.get(username="asha"))
    assert caller.get("/api/v1/payments").status_code == 200
    problem(caller.post(INITIATE, wanted(hers)), 403, "csrf_failed")
    token = caller.client.get("/login/").cookies["csrftoken"].value
    assert caller.post(INITIATE, wanted(hers), X_CSRFToken=token).status_code == 200


def test_a_guests_session_needs_it_as_well(order: Order) -> None:
    """What this browser placed is in the session: a foreign page must not start its payment."""
    guest = Caller()
    session = guest.client.session
    session["placed_orders"] = [order.pk]
    session.save()
    problem(guest.post(INITIATE, wanted(order)), 403, "csrf_failed")


def test_too_many_requests_are_told_to_wait(asha: Caller, settings: Any) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "API_THROTTLES": "read=2/1m"}
    for _ in range(2):
        assert asha.get("/api/v1/payments").status_code == 200
    answer = asha.get("/api/v1/payments")
    problem(answer, 429, "throttled")
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "API_THROTTLES": "off"}
    assert asha.get("/api/v1/payments").status_code == 200


def test_a_cache_that_is_down_keeps_nobody_out(asha: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rest_framework.throttling.SimpleRateThrottle.cache", None)
    assert asha.get("/api/v1/payments").status_code == 200


def test_every_code_has_a_status_a_title_and_a_way_on() -> None:
    for kind in KINDS.values():
        assert re.fullmatch(r"[a-z_]+", kind.code)
        assert 400 <= kind.status < 600
        assert kind.title and kind.todo.endswith(".")  # noqa: PT018
