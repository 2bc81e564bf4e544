"""The forged messages are what they say: judged by Paytm's own library, and by what a shop would read in them."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from paytmchecksum import PaytmChecksum

from paytm_kit.simulator.examine import forge
from paytm_kit.simulator.examine import report as cards
from paytm_kit.simulator.examine.attacks import ATTACKS
from paytm_kit.simulator.examine.forge import Forger, Material
from paytm_kit.simulator.examine.run import Report, Result, Verdict
from paytm_kit.simulator.examine.scene import Finding, Kind
from tests.examine.weak_shop import KEY, MID

ORDER = {"order_id": "ORD-1", "mid": MID, "currency": "INR"}


def about(status: str, amount: str) -> dict[str, str]:
    row = {"status": status, "txn_id": "20310102111212800110168000000000001", "amount": amount, "mode": "UPI"}
    return forge.sign(forge.fields_of(ORDER, row | {"respcode": "", "bank_txn_id": ""}), KEY)


def material(genuine: dict[str, str]) -> Material:
    other = forge.sign({**forge.as_success(genuine, "249.50"), "ORDERID": "ORD-2"}, KEY)
    return Material(genuine, forge.as_success(genuine, "249.50"), other, KEY, "249.50")


DECLINED, ONE_RUPEE = about("failure", "249.50"), about("success", "1.00")


def verified(fields: dict[str, str]) -> bool:
    fields = dict(fields)
    try:
        return bool(PaytmChecksum.verifySignature(fields, KEY, fields.pop("CHECKSUMHASH", "")))
    except Exception:
        return False


def sent(forger: Forger, genuine: dict[str, str] = DECLINED) -> list[dict[str, str]]:
    return [
        dict(parse_qsl(message.body.decode("utf-8", "replace"), keep_blank_values=True))
        for message in forger(material(genuine))
    ]


@pytest.mark.parametrize(
    ("forger", "genuine", "claims"),
    [
        (forge.renamed, ONE_RUPEE, {"STATUS": "TXN_SUCCESS", "TXNAMOUNT": "249.50", "ORDERID": "ORD-1", "MID": MID}),
        (forge.resplit, DECLINED, {"STATUS": "TXN_SUCCESS", "TXNAMOUNT": "249.50", "ORDERID": "ORD-1", "MID": MID}),
        (forge.signed_success, DECLINED, {"STATUS": "TXN_SUCCESS", "TXNAMOUNT": "249.50", "ORDERID": "ORD-1"}),
        (forge.other_unchanged, DECLINED, {"STATUS": "TXN_SUCCESS", "ORDERID": "ORD-2"}),
        (forge.foreign_mid, DECLINED, {"STATUS": "TXN_SUCCESS", "MID": forge.FOREIGN_MID}),
    ],
)
def test_paytms_own_library_verifies_what_is_not_true(
    forger: Forger, genuine: dict[str, str], claims: dict[str, str]
) -> None:
    fields = sent(forger, genuine)[0]
    assert {name: fields[name] for name in claims} == claims
    assert verified(fields)


def test_merged_fields_verify_and_have_no_status() -> None:
    (fields,) = sent(forge.merged)
    assert "STATUS" not in fields
    assert verified(fields)


@pytest.mark.parametrize(
    ("forger", "genuine"),
    [
        (forge.unsigned, DECLINED),
        (forge.tampered_status, DECLINED),
        (forge.tampered_amount, ONE_RUPEE),
        (forge.swapped_order, DECLINED),
        (forge.foreign_key, DECLINED),
        (forge.garbage_signatures, DECLINED),
        (forge.missing, DECLINED),
    ],
)
def test_no_other_forgery_verifies_and_each_claims_success(forger: Forger, genuine: dict[str, str]) -> None:
    for fields in sent(forger, genuine):
        assert not verified(fields)
        assert fields.get("STATUS", "TXN_SUCCESS") == "TXN_SUCCESS"


def test_what_is_signed_without_a_field_verifies_and_tells_the_truth() -> None:
    messages = sent(forge.missing_signed)
    assert len(messages) == len(DECLINED) - 1
    assert all(verified(fields) and fields.get("STATUS", "") != "TXN_SUCCESS" for fields in messages)


def test_a_webhook_is_signed_and_has_a_bare_date() -> None:
    fields = forge.as_webhook(DECLINED, KEY)
    assert (fields["TXNDATE"], fields["TXNDATETIME"][:10], fields["TXNTYPE"]) == ("2031-01-02", "2031-01-02", "SALE")
    assert verified(fields)


# ---- the report card ----


def card() -> Report:
    held = Result(ATTACKS[0], Verdict.HELD, trace=("<script>alert(1)</script>",), seconds=0.1)
    finding = Finding(Kind.LOST, '<img src=x onerror="x">')
    lost = Result(ATTACKS[1], Verdict.LOST, (finding, finding), seconds=1.0)
    through = Result(ATTACKS[5], Verdict.LET_THROUGH, (finding, Finding(Kind.LET_THROUGH, "it says paid")))
    return Report("http://127.0.0.1/<b>", [held, lost, through], 2.0, 9)


def test_the_page_escapes_what_came_from_the_site_and_needs_nothing_else() -> None:
    page = cards.as_html(card())
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;img src=x onerror=&quot;x&quot;&gt;" in page
    assert "http://127.0.0.1/&lt;b&gt;" in page
    assert not any(outside in page for outside in ("<link", 'src="', "@import", "url("))
    assert "This is not Paytm." in page


def test_the_worst_comes_first_and_equal_findings_once() -> None:
    text = cards.closing(card(), colour=False)
    assert text.index("LET THROUGH") < text.index("LOST  paid-by-webhook-only")
    assert text.index("let through: it says paid") < text.index("lost: <img")
    assert text.count("lost: <img") == 2  # one for each attack
    assert "Score: 1 of 3 held." in text


def test_colours_only_where_asked_for() -> None:
    assert "\x1b[31m" in cards.line(card().results[1], colour=True)
    assert "\x1b" not in cards.line(card().results[1], colour=False)
