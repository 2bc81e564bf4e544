"""The signal ``wire_seen``: the true messages of the simulator, to whoever listens; of nobody else's account any."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.test import Client

from demo_site.walkthrough import masks
from demo_site.walkthrough.models import Trace
from paytm_kit.models import Payment, WireMessage
from paytm_kit.signals import wire_seen
from paytm_kit.testing.simulator import Simulator
from tests.paytm import Paytm, callback_fields, post_callback
from tests.walkthrough.conftest import Newcomer

pytest_plugins = ["paytm_kit.testing.pytest_plugin"]


@pytest.fixture
def seen() -> Iterator[list[dict[str, Any]]]:
    """What a listener hears."""
    heard: list[dict[str, Any]] = []

    def listen(**said: Any) -> None:
        heard.append(said)

    wire_seen.connect(listen)
    yield heard
    wire_seen.disconnect(listen)


@pytest.mark.django_db(transaction=True)
def test_each_message_is_seen_as_it_went_with_its_stored_row(
    seen: list[dict[str, Any]], buys: Callable[..., Payment], simulator: Simulator
) -> None:
    payment = buys()
    channels = [said["channel"] for said in seen]
    assert channels[:2] == ["initiate", "form"]
    assert {"callback", "webhook", "status"} <= set(channels)
    assert {said["payment"] for said in seen} == {payment}
    initiate, form = seen[:2]
    assert "meera@example.com" in initiate["request"]
    assert dict(parse_qsl(form["request"]))["txnToken"] in initiate["response"]
    assert form["wire_message"] is None
    stored = {said["wire_message"].pk for said in seen if said["wire_message"]}
    assert stored == set(WireMessage.objects.values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
def test_of_paytms_own_accounts_nothing_is_seen(
    seen: list[dict[str, Any]], payment: Payment, paytm: Paytm, client: Client
) -> None:
    paytm.will_say("TXN_SUCCESS", payment=payment)
    assert post_callback(client, callback_fields(payment)).status_code == 303
    payment.refresh_from_db()
    assert payment.is_paid
    assert WireMessage.objects.count() == 2
    assert seen == []
    assert not Trace.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_listener_that_fails_stops_no_payment(
    newcomer: Newcomer, simulator: Simulator, buys: Callable[..., Payment], caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**said: Any) -> None:
        raise RuntimeError("a listener's own mistake")

    wire_seen.connect(broken)
    try:
        assert buys().is_paid
    finally:
        wire_seen.disconnect(broken)
    assert "a listener's own mistake" in caplog.text


# ---- masking inside a text that was signed ------------------------------------------------------------------------


def test_masked_json_keeps_its_spaces_and_spellings() -> None:
    user = '{"email": "asha@example.com", "mobile":"9000000001"}'
    text = f'{{ "orderId":"ORD-1",\n "userInfo" : {user}, "txnToken": "abc" }}'
    shown, names = masks.body(text)
    assert shown == (
        '{ "orderId":"ORD-1",\n "userInfo" : {"email": "a***@example.com", "mobile":"******0001"}, '
        '"txnToken": "[3 characters]" }'
    )
    assert names == ["email", "mobile", "txnToken"]


def test_a_value_that_is_secret_in_one_place_and_not_in_another_is_masked_in_the_right_one() -> None:
    shown, _ = masks.body('{"orderId": "abc", "txnToken": "abc"}')
    assert shown == '{"orderId":"abc","txnToken":"[3 characters]"}'


@pytest.mark.parametrize("text", ['{"body":{"a":1},"head":{}}', ' {"head" : {} , "body" :{"a":1} } '])
def test_the_body_is_cut_out_to_the_byte(text: str) -> None:
    assert masks.members(text)["body"] == '{"a":1}'


@pytest.mark.parametrize("text", ["", "[]", "no json", '{"body":', '{"body"'])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        masks.members(text)
