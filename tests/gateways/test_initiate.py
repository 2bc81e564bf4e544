"""initiateTransaction: what is sent, what is refused beforehand, and how each answer is understood."""

from __future__ import annotations

import json
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import paytmchecksum
import pytest
import responses

from paytm_kit.gateways.base import (
    ConfigurationError,
    Conflict,
    Customer,
    GatewayError,
    Refused,
    State,
    Unreachable,
    UntrustedResponse,
)
from paytm_kit.gateways.paytm import codes
from tests.gateways import wire
from tests.gateways.conftest import Kept


def sent(mock: responses.RequestsMock, call: int = 0) -> str:
    return mock.calls[call].request.body.decode()


def body_of(text: str) -> str:
    return text[text.index('"body":') + 7 : -1]


def test_the_request_is_as_documented(paytm, client, initiate_says):
    initiate_says(wire.initiate_body())
    client.initiate_transaction(wire.REQUEST)
    asked = paytm.calls[0].request
    assert urlsplit(asked.url).path == "/theia/api/v1/initiateTransaction"
    assert parse_qs(urlsplit(asked.url).query) == {"mid": [wire.MID], "orderId": [wire.ORDER]}
    assert asked.headers["Content-Type"] == "application/json"
    message = json.loads(asked.body)
    assert set(message) == {"head", "body"}
    assert set(message["head"]) == {"version", "requestTimestamp", "channelId", "signature"}
    assert (message["head"]["version"], message["head"]["channelId"]) == ("v1", "WEB")
    assert message["head"]["requestTimestamp"].isdigit()
    assert message["body"] == {
        "requestType": "Payment",
        "mid": wire.MID,
        "websiteName": "WEBSTAGING",
        "orderId": wire.ORDER,
        "callbackUrl": "https://shop.example/paytm/callback/",
        "txnAmount": {"value": "249.50", "currency": "INR"},
        "userInfo": {"custId": "C_17", "email": wire.EMAIL, "mobile": wire.MOBILE},
    }


def test_paytms_library_verifies_what_is_sent(paytm, client, initiate_says):
    initiate_says(wire.initiate_body())
    client.initiate_transaction(wire.REQUEST)
    text = sent(paytm)
    assert paytmchecksum.verifySignature(body_of(text), wire.KEY, json.loads(text)["head"]["signature"])


def test_the_first_key_of_a_rotation_signs(paytm, initiate_says):
    initiate_says(wire.initiate_body(), key=wire.OTHER_KEY)
    Kept(keys=(wire.KEY, wire.OTHER_KEY)).initiate_transaction(wire.REQUEST)
    text = sent(paytm)
    assert paytmchecksum.verifySignature(body_of(text), wire.KEY, json.loads(text)["head"]["signature"])


def test_the_same_request_again_sends_the_same_body(paytm, client, initiate_says):
    initiate_says(wire.initiate_body())
    client.initiate_transaction(wire.REQUEST)
    client.initiate_transaction(wire.request(amount=Decimal("249.5")))
    assert body_of(sent(paytm, 0)) == body_of(sent(paytm, 1))


@pytest.mark.parametrize("code", ["0000", "0002"])
def test_a_success_gives_the_token(client, initiate_says, code):
    initiate_says(wire.initiate_body(code=code))
    started = client.initiate_transaction(wire.REQUEST)
    assert started.token == wire.TOKEN
    assert started.repeated is (code == "0002")


@pytest.mark.parametrize("token", [None, "", "null token", "a" * 257, ["x"], {"a": "b"}, True])
def test_a_success_without_a_usable_token_is_not_believed(client, initiate_says, token):
    initiate_says(wire.initiate_body(txnToken=token))
    with pytest.raises(UntrustedResponse, match="no usable txnToken"):
        client.initiate_transaction(wire.REQUEST)


def test_other_contents_under_the_same_id_are_a_conflict(client, initiate_says):
    initiate_says(wire.initiate_body("F", "2023", txnToken=None))
    with pytest.raises(Conflict) as caught:
        client.initiate_transaction(wire.REQUEST)
    assert caught.value.gateway_code == "2023"
    assert len(client.exchanges) == 1


FAILURES = [
    row
    for row in codes.CODES.values()
    if row.family is codes.Family.INITIATE and row.state is State.FAILURE and row.code != "2023"
]


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("row", FAILURES, ids=lambda row: row.code)
def test_a_no_is_refused_with_what_to_do(client, initiate_says, row, signed):
    initiate_says(wire.initiate_body("F", row.code, txnToken=None), signed=signed)
    with pytest.raises(Refused) as caught:
        client.initiate_transaction(wire.REQUEST)
    error = caught.value
    assert type(error) is Refused
    assert (error.gateway_code, error.order_id, error.retryable) == (row.code, wire.ORDER, False)
    assert wire.ORDER in str(error)
    assert row.action in str(error)
    assert error.user_message == row.shopper
    assert len(client.exchanges) == 1


def test_a_wrong_key_and_a_wrong_website_say_how_to_mend_them():
    row = codes.find("2005", codes.Family.INITIATE)
    assert "explain" in row.action
    assert "websiteName" in codes.find("501", codes.Family.INITIATE).action


def test_a_no_with_an_unlisted_code_is_refused_with_paytms_words_on_one_line(client, initiate_says):
    info = {"resultStatus": "F", "resultCode": "4711", "resultMsg": "line one\r\nforged line, card 4111111111111111"}
    initiate_says(wire.initiate_body(resultInfo=info), signed=False)
    with pytest.raises(Refused, match="4711") as caught:
        client.initiate_transaction(wire.REQUEST)
    assert "\n" not in str(caught.value)
    assert "4111111111111111" not in str(caught.value)


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("U", "900"),
        ("U", "00000900"),
        ("F", "900"),
        ("S", "900"),
        ("U", "0000"),
        ("F", "0000"),
        ("S", "2005"),
        ("S", "9999"),
        ("", "0000"),
        ("OK", "0000"),
    ],
)
def test_unknown_and_contradictory_answers_are_tried_again_with_the_same_bytes(
    paytm, client, initiate_says, word, code
):
    initiate_says(wire.initiate_body(word, code))
    with pytest.raises(Unreachable, match="same order id"):
        client.initiate_transaction(wire.REQUEST)
    assert len(paytm.calls) == 3
    assert {sent(paytm, call) for call in range(3)} == {sent(paytm)}


def test_an_unknown_answer_followed_by_a_token_is_a_token(client, initiate_says):
    initiate_says(wire.initiate_body("U", "900", txnToken=None))
    initiate_says(wire.initiate_body("S", "0002"))
    assert client.initiate_transaction(wire.REQUEST).token == wire.TOKEN
    assert len(client.pauses) == 1


def test_an_unsigned_token_is_refused_and_the_setting_named(client, initiate_says):
    initiate_says(wire.initiate_body(), signed=False)
    with pytest.raises(UntrustedResponse, match="REQUIRE_SIGNED_RESPONSES"):
        client.initiate_transaction(wire.REQUEST)


def test_an_unsigned_token_passes_where_the_setting_allows_it(initiate_says):
    initiate_says(wire.initiate_body(), signed=False)
    client = Kept(require_signed_responses=False)
    assert client.initiate_transaction(wire.REQUEST).token == wire.TOKEN


@pytest.mark.parametrize("word", ["S", "F"])
@pytest.mark.parametrize("relaxed", [True, False])
def test_a_wrong_signature_is_refused_whatever_it_signs(initiate_says, word, relaxed):
    initiate_says(wire.initiate_body(word, "0000" if word == "S" else "2005"), key=wire.OTHER_KEY)
    with pytest.raises(UntrustedResponse, match="another key"):
        Kept(require_signed_responses=not relaxed).initiate_transaction(wire.REQUEST)


BAD = [
    ("orderId", {"order_id": ""}),
    ("orderId", {"order_id": "a" * 33}),
    ("orderId", {"order_id": "a|b"}),
    ("orderId", {"order_id": "a b"}),
    ("orderId", {"order_id": "a\n"}),
    ("orderId", {"order_id": "ordér"}),
    ("orderId", {"order_id": "١٢٣"}),
    ("orderId", {"order_id": "a&mid=x"}),
    ("txnAmount", {"amount": Decimal("0")}),
    ("txnAmount", {"amount": Decimal("-1")}),
    ("txnAmount", {"amount": Decimal("1.001")}),
    ("txnAmount", {"amount": Decimal("NaN")}),
    ("txnAmount", {"amount": Decimal("Infinity")}),
    ("txnAmount", {"amount": Decimal("1E+20")}),
    ("txnAmount", {"amount": 1.1}),
    ("currency", {"currency": "USD"}),
    ("currency", {"currency": "inr"}),
    ("callbackUrl", {"callback_url": "https://shop.example/" + "a" * 240}),
    ("callbackUrl", {"callback_url": "https://shop.example/a|b"}),
    ("callbackUrl", {"callback_url": "https://shop.example/a b"}),
    ("callbackUrl", {"callback_url": "https://shop.example/\n"}),
    ("callbackUrl", {"callback_url": "javascript:alert(1)"}),
    ("callbackUrl", {"callback_url": "/callback"}),
    ("callbackUrl", {"callback_url": "https://user@shop.example/"}),
    ("custId", {"customer": Customer("")}),
    ("custId", {"customer": Customer("a" * 65)}),
    ("custId", {"customer": Customer("a|b")}),
    ("custId", {"customer": Customer("आशा")}),
]


@pytest.mark.parametrize(("name", "changes"), BAD)
def test_a_bad_field_is_refused_before_anything_is_sent(paytm, client, name, changes):
    with pytest.raises(Refused, match=name) as caught:
        client.initiate_transaction(wire.request(**changes))
    assert len(paytm.calls) == 0
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("website", ["", "WEB|STAGING", "WEB STAGING", "a" * 31])
def test_a_bad_website_is_a_configuration_error(paytm, website):
    with pytest.raises(ConfigurationError, match="WEBSITE"):
        Kept(website=website).initiate_transaction(wire.REQUEST)
    assert len(paytm.calls) == 0


@pytest.mark.parametrize(
    ("email", "mobile"),
    [
        ("", ""),
        ("no-at-sign", "123"),
        ("a|b@example.com", "98765|43210"),
        ("a b@example.com", "not a number"),
        ("x" * 50 + "@example.com", "1" * 16),
        ("आशा@example.com", "९८७६५४३२१०"),
        ("a@example.com\n", "9000012345\n"),
    ],
)
def test_an_unusable_email_or_mobile_is_left_out(paytm, client, initiate_says, email, mobile):
    initiate_says(wire.initiate_body())
    client.initiate_transaction(wire.request(customer=Customer("C_17", email, mobile)))
    assert json.loads(sent(paytm))["body"]["userInfo"] == {"custId": "C_17"}


def test_every_error_is_a_gateway_error_with_a_safe_sentence_for_shoppers():
    for kind in (ConfigurationError, Conflict, Refused, Unreachable, UntrustedResponse):
        assert issubclass(kind, GatewayError)
        assert kind.user_message.endswith(".")
