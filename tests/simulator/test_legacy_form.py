"""The legacy form: one signed POST, early failures as callbacks, unsigned where nobody was authenticated."""

from __future__ import annotations

import pytest
import requests

from tests.simulator.conftest import KEY, MID, REMOVED, Simulator, callback_form, signed


def early(page: requests.Response) -> dict[str, str]:
    _, fields = callback_form(page)
    assert "TXNID" not in fields
    assert fields["STATUS"] == "TXN_FAILURE"
    return fields


@pytest.mark.parametrize("path", ["/order/process", "/theia/processTransaction", "/order/process?orderid=LEG-1"])
def test_a_right_form_opens_the_payment_page(sim: Simulator, path: str) -> None:
    page = sim.legacy(path=path)
    assert page.status_code == 200
    assert "Choose how to pay" in page.text
    assert "₹ 249.50" in page.text
    assert sim.order("LEG-1")["callback_url"] == sim.callback_url


def test_a_legacy_order_is_paid_and_asked_about_like_any_other(sim: Simulator) -> None:
    page = sim.legacy()
    _, fields = callback_form(sim.post(page.url.removeprefix(sim.url) + "method/upi", data={"vpa": "success@demo"}))
    assert fields["STATUS"] == "TXN_SUCCESS"
    assert signed(fields)
    assert sim.result("LEG-1") == ("TXN_SUCCESS", "01")


def test_a_wrong_checksum_comes_back_as_an_unsigned_330(sim: Simulator) -> None:
    url, fields = callback_form(sim.legacy(sign=False, CHECKSUMHASH="A" * 108))
    assert url == sim.callback_url
    assert fields == {
        "ORDERID": "LEG-1", "MID": MID, "TXNAMOUNT": "249.50", "CURRENCY": "INR", "STATUS": "TXN_FAILURE",
        "RESPCODE": "330", "RESPMSG": "Invalid checksum", "BANKTXNID": "",
    }  # fmt: skip
    assert sim.result("LEG-1") == ("NO_RECORD_FOUND", "331")


def test_a_url_as_website_comes_back_as_an_unsigned_804_with_few_fields(sim: Simulator) -> None:
    fields = early(sim.legacy(WEBSITE="https://shop"))
    assert fields.keys() == {"STATUS", "MID", "ORDERID", "TXNAMOUNT", "RESPMSG", "RESPCODE"}
    assert fields["RESPCODE"] == "804"


def test_an_unknown_mid_comes_back_as_an_unsigned_305(sim: Simulator) -> None:
    fields = early(sim.legacy(MID="STRANGER"))
    assert fields["RESPCODE"] == "305"
    assert "CHECKSUMHASH" not in fields


def test_an_order_id_is_taken_once(sim: Simulator) -> None:
    sim.legacy()
    fields = early(sim.legacy())
    assert fields["RESPCODE"] == "325"
    assert signed(fields), "the merchant was authenticated"
    assert sim.result("LEG-1") == ("NO_RECORD_FOUND", "331")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"TXN_AMOUNT": "1e2"}, "240"),
        ({"TXN_AMOUNT": "0.00"}, "240"),
        ({"TXN_AMOUNT": REMOVED}, "240"),
        ({"TXN_AMOUNT": "1" * 11}, "240"),
        ({"ORDER_ID": "a b"}, "309"),
        ({"ORDER_ID": "O" * 51}, "309"),
        ({"CUST_ID": REMOVED}, "00"),
        ({"CHANNEL_ID": "TV"}, "00"),
        ({"WEBSITE": "DEFAULT"}, "00"),
    ],
)
def test_other_faults_are_signed_early_failures(sim: Simulator, change: dict[str, object], code: str) -> None:
    fields = early(sim.legacy(**change))
    assert fields["RESPCODE"] == code
    assert signed(fields)


@pytest.mark.parametrize("url", [REMOVED, "https://shop.example/cb/", "javascript:alert(1)", "not a url"])
def test_a_callback_that_is_not_allowed_ends_on_a_page(sim: Simulator, url: object) -> None:
    page = sim.legacy(CALLBACK_URL=url)
    assert page.status_code == 400
    assert "CALLBACK_URL" in page.text
    assert 'id="callback"' not in page.text
    assert sim.get("/_sim/orders").json()["orders"] == []


def test_a_repeated_or_nul_field_ends_on_a_page(sim: Simulator) -> None:
    twice = sim.post("/order/process", data=[*sim.legacy_form.items(), ("TXN_AMOUNT", "1.00")])
    assert twice.status_code == 400
    assert "stands twice" in twice.text
    assert sim.post("/order/process", data={**sim.legacy_form, "EMAIL": "a\x00b"}).status_code == 400


def test_markup_in_a_field_is_shown_as_text(sim: Simulator) -> None:
    page = sim.legacy(ORDER_ID='"><script>alert(1)</script>')
    assert "<script>alert" not in page.text
    assert KEY not in page.text
