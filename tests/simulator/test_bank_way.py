"""The way of a payment: who says what to whom, whose books the money passes, and the references that are told."""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from paytm_kit.simulator.bank import cards
from tests.simulator.conftest import Shop, Simulator, running

CARD = {"number": "4111 1111 1111 1111", "expiry": "12/40", "cvv": "123"}


def hops(sim: Simulator, order_id: str = "ORD-1") -> list[tuple[str, str, str, str]]:
    told = sim.get(f"/_sim/orders/{order_id}/hops").json()["hops"]
    return [(hop["from"], hop["to"], hop["said"], hop["answer"]) for hop in told]


def test_a_card_payment_goes_from_the_customer_to_the_issuer_and_back(sim: Simulator) -> None:
    sim.initiate()
    auth = sim.pay(instrument="4111111111111111")["transactions"][0]["auth_code"]
    assert hops(sim) == [
        ("customer", "merchant", "pays for ORD-1", "sent to the payment page"),
        ("merchant", "gateway", "order ORD-1 of ₹249.50", "accepted"),
        ("customer", "gateway", "chooses CC: Visa card ending 1111", ""),
        ("SDBL", "customer", "3-D Secure: one-time password sent", ""),
        ("customer", "SDBL", "one-time password", "right"),
        ("gateway", "KDBL", "authorise ₹249.50, card ending 1111", f"00 approved, auth code {auth}"),
        ("KDBL", "VISA", "0100 authorisation ₹249.50", f"0110 00 approved, auth code {auth}"),
        ("VISA", "SDBL", "0100 authorisation ₹249.50", f"0110 00 approved, auth code {auth}"),
        ("gateway", "merchant", "TXN_SUCCESS 01", ""),
    ]


@pytest.mark.parametrize(
    ("card", "last", "answer"),
    [
        ("4000000000009995", ("VISA", "SDBL"), "0110 51 not sufficient funds"),
        ("4000000000000069", ("VISA", "SDBL"), "0110 54 expired card"),
        ("4000000000002206", ("KDBL", "VISA"), "0110 91 issuer unavailable"),
        ("4000000000002081", ("gateway", "KDBL"), "58 not permitted to this terminal"),
        ("4000000000001968", ("gateway", "gateway"), "196 Payment failed as amount entered exceeds"),
    ],
)
def test_a_declined_card_goes_no_further_than_who_declines_it(
    sim: Simulator, card: str, last: tuple[str, str], answer: str
) -> None:
    sim.initiate()
    paid = {"instrument": cards.with_check_digit(card[:-1]), "deliver": []}
    assert sim.post("/_sim/orders/ORD-1/pay", json=paid).status_code == 200
    *_, decided, told = hops(sim)
    assert decided[:2] == last
    assert decided[3].startswith(answer)
    assert told[:2] == ("gateway", "merchant")


def test_a_upi_payment_passes_both_apps_the_switch_and_the_bank(sim: Simulator) -> None:
    sim.initiate()
    sim.pay(instrument="asha@okbank", outcome="success")
    assert [hop[:2] for hop in hops(sim)[3:]] == [
        ("gateway", "PAYEE-PSP"), ("PAYEE-PSP", "NPCI"), ("NPCI", "OK-PSP"), ("OK-PSP", "customer"), ("NPCI", "GDBL"),
        ("gateway", "merchant"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("vpa", "last", "answer"),
    [
        ("failure@demo", ("DEMO-PSP", "customer"), "ZA transaction declined by the customer"),
        ("wrong@demo", ("PAYEE-PSP", "NPCI"), "ZH invalid virtual address"),
        ("bankdown@demo", ("NPCI", "SDBL"), "XY remitter bank offline"),
        ("pin@demo", ("NPCI", "SDBL"), "ZM invalid UPI PIN"),
    ],
)
def test_a_upi_refusal_comes_from_where_it_belongs(
    sim: Simulator, vpa: str, last: tuple[str, str], answer: str
) -> None:
    sim.post(f"/pay/{sim.token()}/method/upi", data={"vpa": vpa})
    *_, decided, _ = hops(sim)
    assert (decided[:2], decided[3]) == (last, answer)


def test_a_late_answer_and_giving_up_are_told_too(sim: Simulator) -> None:
    sim.initiate("LATE")
    sim.pay("LATE", instrument="pending@demo", outcome="pending")
    sim.post("/_sim/orders/LATE/settle", json={"outcome": "success"})
    assert hops(sim, "LATE")[-2:] == [
        ("SDBL", "gateway", "late answer for ₹249.50", "00 approved"), ("gateway", "merchant", "TXN_SUCCESS 01", ""),
    ]  # fmt: skip
    sim.post(f"/pay/{sim.token('LEFT')}/case/cancel")
    assert hops(sim, "LEFT")[-2:] == [
        ("customer", "gateway", "gives up", "141"), ("gateway", "merchant", "TXN_FAILURE 141", ""),
    ]  # fmt: skip


def test_names_stand_beside_the_codes_and_no_secret_in_the_words(sim: Simulator) -> None:
    token = sim.token()
    sim.post(f"/pay/{token}/method/card", data={**CARD, "cvv": "987"})
    sim.post(f"/pay/{token}/otp", data={"otp": "000000"})
    sim.post(f"/pay/{token}/otp", data={"otp": "123123"})
    answer = sim.get("/_sim/orders/ORD-1/hops")
    assert {"Sahyadri Demo Bank", "Konkan Demo Bank", "Visa", "customer"} <= {
        hop["to_name"] for hop in answer.json()["hops"]
    }
    assert ("customer", "SDBL", "one-time password", "wrong") in hops(sim)
    for secret in ("411111", "987", "123123", "000000", token):
        assert secret not in re.sub(r'"(at|txn_id)": "[^"]*"', "", answer.text)


# ---- money and references --------------------------------------------------------------------------------------


def test_the_money_passes_every_book_once_and_only_when_it_is_taken(shop: Shop, tmp_path: Path) -> None:
    books = tmp_path / "books.sqlite3"
    with running("--db", str(books), "--settle-after", "0") as (_, url):
        sim = Simulator(url, shop.url)
        for name, sent in {
            "CARD": {"instrument": "4111111111111111"}, "NO": {"instrument": "4000000000000002"},
            "UPI": {"instrument": "success@demo"}, "NB": {"instrument": "GDBL"}, "PPI": {"instrument": "7777777777"},
            "LATE": {"outcome": "pending"}, "LESS": {"outcome": "success", "method": "netbanking", "amount": "1.00"},
        }.items():  # fmt: skip
            sim.initiate(name)
            assert sim.post(f"/_sim/orders/{name}/pay", json={"deliver": [], **sent}).status_code == 200
        sim.post("/_sim/orders/LATE/settle", json={"outcome": "success"})
        sim.close()
    with closing(sqlite3.connect(books)) as file:
        rows = file.execute("SELECT source, target, amount FROM paytm_simulator_posting").fetchall()
        names = file.execute("SELECT card_token, card_last_four FROM paytm_simulator_transaction").fetchall()
        dump = "\n".join(line for line in file.iterdump() if "django_migrations" not in line)
    balances: dict[str, Decimal] = defaultdict(Decimal)
    for source, target, amount in rows:
        balances[source] -= Decimal(str(amount))
        balances[target] += Decimal(str(amount))
    taken = 5 * Decimal("249.50") + 1
    assert balances["gateway/DEMOMID0000000000001"] == taken
    assert sum(balances.values()) == 0
    assert sum(value for name, value in balances.items() if name.startswith("customer/")) == -taken
    assert not any(value for name, value in balances.items() if name.startswith(("issuer/", "acquirer/")))
    assert {name.split("/")[1] for name in balances if name.startswith("issuer/")} == {"SDBL", "GDBL", "WALLET"}
    assert "1111" in {last for _, last in names}
    assert all(re.fullmatch(r"(\w+_[0-9a-f]{24})?", token) for token, _ in names)
    assert "4111111111111111" not in dump
    assert "success@demo" not in dump


def test_a_card_payments_references_are_told_and_its_arn_after_the_night(sim: Simulator) -> None:
    sim.initiate()
    [row] = sim.pay(instrument="6074825972083818")["transactions"]
    body = sim.status().json()["body"]
    assert (body["authCode"], body["rrnCode"], body["bankTxnId"]) == (row["auth_code"], row["rrn"], row["rrn"])
    assert (body["cardScheme"], body["lastFourDigit"], body["paymentMode"]) == ("RUPAY", "3818", "DC")
    assert body["arnAvailable"] == "false"
    assert "arnCode" not in body
    sim.advance(86_400)
    body = sim.status().json()["body"]
    assert (body["arnAvailable"], body["arnCode"]) == ("true", row["arn"])
    assert re.fullmatch(r"\d{23}", row["arn"])


def test_other_ways_to_pay_have_fewer_references(sim: Simulator) -> None:
    told = {}
    for instrument in ("success@demo", "SDBL", "7777777777", "4000000000000002"):
        sim.initiate(instrument.replace("@", "-"))
        sim.post(f"/_sim/orders/{instrument.replace('@', '-')}/pay", json={"instrument": instrument, "deliver": []})
        told[instrument] = sim.status(instrument.replace("@", "-")).json()["body"].keys()
    assert {"rrnCode"} == told["success@demo"] & {"rrnCode", "arnAvailable", "authCode", "cardScheme", "maskedCardNo"}
    for instrument in ("SDBL", "7777777777"):
        assert not told[instrument] & {"rrnCode", "arnAvailable", "authCode", "cardScheme", "maskedCardNo"}
    assert not told["4000000000000002"] & {"rrnCode", "arnAvailable", "authCode", "bankTxnId"}
