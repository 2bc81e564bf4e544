"""PaytmGateway: where the shopper is sent in each of the three flows."""

from __future__ import annotations

from decimal import Decimal

import paytmchecksum
import pytest

from paytm_kit.gateways.base import ConfigurationError, Customer, Flow, Refused, State, Verdict
from paytm_kit.gateways.paytm import PaytmGateway
from tests.gateways import wire

PAGE = f"{wire.HOST}/theia/api/v1/showPaymentPage?mid={wire.MID}&orderId={wire.ORDER}"
PAGE_FIELDS = {"mid": wire.MID, "orderId": wire.ORDER, "txnToken": wire.TOKEN}


@pytest.fixture
def gateway() -> PaytmGateway:
    return PaytmGateway(wire.ACCOUNT)


def test_hosted_posts_the_token_to_paytms_page(gateway, initiate_says):
    initiate_says(wire.initiate_body())
    redirect = gateway.start(wire.REQUEST)
    assert (redirect.url, redirect.method, dict(redirect.fields)) == (PAGE, "POST", PAGE_FIELDS)
    assert (redirect.script_url, dict(redirect.script_config)) == ("", {})


def test_js_adds_the_loader_and_keeps_the_page_to_fall_back_on(gateway, initiate_says):
    initiate_says(wire.initiate_body())
    redirect = gateway.start(wire.request(flow=Flow.JS))
    assert (redirect.url, dict(redirect.fields)) == (PAGE, PAGE_FIELDS)
    assert redirect.script_url == f"{wire.HOST}/merchantpgpui/checkoutjs/merchants/{wire.MID}.js"
    assert redirect.script_config == {"orderId": wire.ORDER, "token": wire.TOKEN, "amount": "249.50", "mid": wire.MID}


def test_legacy_signs_a_form_and_calls_nobody(gateway, paytm):
    redirect = gateway.start(wire.request(flow=Flow.LEGACY))
    fields = dict(redirect.fields)
    signature = fields.pop("CHECKSUMHASH")
    assert redirect.url == f"{wire.HOST}/order/process"
    assert fields == {
        "MID": wire.MID,
        "ORDER_ID": wire.ORDER,
        "CUST_ID": "C_17",
        "TXN_AMOUNT": "249.50",
        "CHANNEL_ID": "WEB",
        "WEBSITE": "WEBSTAGING",
        "INDUSTRY_TYPE_ID": "Retail",
        "CALLBACK_URL": "https://shop.example/paytm/callback/",
        "EMAIL": wire.EMAIL,
        "MOBILE_NO": wire.MOBILE,
    }
    assert paytmchecksum.verifySignature(fields, wire.KEY, signature)
    assert len(paytm.calls) == 0


def test_the_legacy_form_leaves_out_what_it_does_not_know(gateway):
    fields = gateway.start(wire.request(flow=Flow.LEGACY, customer=Customer("C_17"))).fields
    assert not {"EMAIL", "MOBILE_NO"} & set(fields)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"website": "WEB-STAGING"}, "WEBSITE"),
        ({"channel": "web"}, "CHANNEL"),
        ({"industry_type": "a|b"}, "INDUSTRY_TYPE"),
    ],
)
def test_the_legacy_forms_account_fields_are_checked(changes, name):
    with pytest.raises(ConfigurationError, match=name):
        PaytmGateway(wire.account(**changes)).start(wire.request(flow=Flow.LEGACY))


def test_the_legacy_forms_amount_has_at_most_ten_characters(gateway):
    gateway.start(wire.request(flow=Flow.LEGACY, amount=Decimal("9999999.99")))
    with pytest.raises(Refused, match="TXN_AMOUNT"):
        gateway.start(wire.request(flow=Flow.LEGACY, amount=Decimal("10000000.00")))


@pytest.mark.parametrize("flow", Flow)
def test_a_bad_field_is_refused_in_every_flow(gateway, paytm, flow):
    with pytest.raises(Refused, match="custId"):
        gateway.start(wire.request(flow=flow, customer=Customer("a|b")))
    assert len(paytm.calls) == 0


def test_status_and_notices_come_through(gateway, status_says):
    status_says(wire.status_body())
    assert gateway.status(wire.ORDER).state is State.SUCCESS
    assert gateway.read_notice(wire.form(wire.callback())).verdict is Verdict.VERIFIED
