"""The gateway's own rules: wide by default, narrowed for a test, and every refusal says why."""

from __future__ import annotations

import pytest
import requests

from paytm_kit.simulator.bank import risk
from paytm_kit.simulator.wire import codes
from tests.simulator.conftest import Simulator

CARD = {"number": "4111 1111 1111 1111", "expiry": "12/40", "cvv": "123"}


def by_upi(sim: Simulator, order_id: str, vpa: str = "success@demo", **how: object) -> tuple[str, str]:
    page = sim.post(f"/pay/{sim.token(order_id)}/method/upi", data={"vpa": vpa}, **how)
    assert page.status_code == 200
    return sim.result(order_id)


def narrow(sim: Simulator, **rules: dict[str, object]) -> None:
    sim.settings(risk_rules={name.replace("_", "-"): change for name, change in rules.items()})


def why(sim: Simulator, order_id: str) -> str:
    return sim.order(order_id)["transactions"][-1]["risk"]


def test_too_many_payments_from_one_upi_id_are_refused_until_the_window_is_over(sim: Simulator) -> None:
    narrow(sim, vpa_velocity={"limit": 2, "window_seconds": 600})
    assert [by_upi(sim, f"O-{n}")[0] for n in range(2)] == ["TXN_SUCCESS"] * 2
    assert by_upi(sim, "O-2") == ("TXN_FAILURE", "810")
    assert why(sim, "O-2") == "vpa-velocity: 3 payments from this UPI ID within 600 s, at most 2 are allowed"
    assert by_upi(sim, "OTHER", "asha.k@demo")[0] == "PENDING"
    told = sim.get("/_sim/orders/O-2/hops").json()["hops"]
    assert ("gateway", "risk rules", f"refused: {why(sim, 'O-2')}") in [
        (h["from"], h["said"], h["answer"]) for h in told
    ]
    assert any("refused by vpa-velocity" in verdict for verdict in sim.verdicts())
    sim.advance(600)
    assert by_upi(sim, "O-3") == ("TXN_SUCCESS", "01")


def test_a_card_is_counted_by_its_number_not_by_its_last_four(sim: Simulator) -> None:
    narrow(sim, card_velocity={"limit": 1})
    again, same_end = "4111111111111111", "4242420000041111"
    for order_id, number, code in (("A", again, "402"), ("B", again, "810"), ("C", same_end, "402")):
        sim.post(f"/pay/{sim.token(order_id)}/method/card", data={**CARD, "number": number})
        assert sim.result(order_id)[1] == code


def test_a_refused_card_never_comes_to_its_otp(sim: Simulator) -> None:
    narrow(sim, card_amount={"limit": 249})
    page = sim.post(f"/pay/{sim.token()}/method/card", data=CARD)
    assert "one-time password" not in page.text
    assert sim.result() == ("TXN_FAILURE", "118")
    assert why(sim, "ORD-1") == "card-amount: 249.50 rupees by card, at most 249 are allowed"


@pytest.mark.parametrize(
    ("rule", "code", "pay"),
    [
        ("upi-amount", "196", ("upi", {"vpa": "success@demo"})),
        ("netbanking-amount", "118", ("netbanking", {"bank": "SDBL"})),
        ("wallet-amount", "260", ("wallet", {"mobile": "7777777777"})),
        ("wallet-velocity", "810", ("wallet", {"mobile": "7777777777"})),
        ("device-velocity", "130", ("netbanking", {"bank": "SDBL"})),
    ],
)
def test_each_rule_refuses_with_its_own_code(sim: Simulator, rule: str, code: str, pay: tuple[str, dict]) -> None:
    sim.settings(risk_rules={rule: {"limit": 0}})
    sim.post(f"/pay/{sim.token()}/method/{pay[0]}", data=pay[1])
    assert sim.result() == ("TXN_FAILURE", code)
    assert why(sim, "ORD-1").startswith(f"{rule}: ")


def test_many_wrong_passwords_close_the_door_for_that_card_only(sim: Simulator) -> None:
    narrow(sim, otp_failures={"limit": 2})
    token = sim.token("A")
    sim.post(f"/pay/{token}/method/card", data=CARD)
    for _ in range(3):
        sim.post(f"/pay/{token}/otp", data={"otp": "1"})
    sim.post(f"/pay/{sim.token('B')}/method/card", data=CARD)
    assert sim.result("B") == ("TXN_FAILURE", "372")
    assert why(sim, "B").startswith("otp-failures: 3 wrong one-time passwords")
    sim.post(f"/pay/{sim.token('C')}/method/card", data={**CARD, "number": "5555555555554444"})
    assert sim.result("C") == ("PENDING", "402")


def test_devices_are_told_apart_by_cookie_else_by_browser(sim: Simulator) -> None:
    narrow(sim, device_velocity={"limit": 1})
    assert by_upi(sim, "A", headers={"User-Agent": "one"})[1] == "01"
    assert by_upi(sim, "B", headers={"User-Agent": "one"})[1] == "130"
    assert by_upi(sim, "C", headers={"User-Agent": "two"})[1] == "01"
    with requests.Session() as phone:
        phone.headers["User-Agent"] = "two"
        token = sim.token("D")
        page = phone.get(f"{sim.url}/pay/{token}/", timeout=10)
        assert "HttpOnly" in page.headers["Set-Cookie"]
        assert "Set-Cookie" not in phone.get(f"{sim.url}/pay/{token}/", timeout=10).headers
        for order_id, code in (("D", "01"), ("E", "130")):
            url = f"{sim.url}/pay/{sim.token(order_id)}/method/upi"
            assert phone.post(url, data={"vpa": "success@demo"}, timeout=10).status_code == 200
            assert sim.result(order_id)[1] == code


def test_the_control_plane_is_judged_only_when_it_asks_for_it(sim: Simulator) -> None:
    narrow(sim, upi_amount={"limit": 1})
    sim.initiate("A")
    sim.initiate("B")
    assert sim.pay("A")["transactions"][0]["risk"] == ""
    refused = sim.pay("B", risk=True)
    assert refused["transactions"][0]["respcode"] == refused["callback"]["fields"]["RESPCODE"] == "196"


def test_a_rule_can_be_switched_off_and_an_empty_change_puts_the_table_back(sim: Simulator) -> None:
    narrow(sim, vpa_velocity={"limit": 0, "on": False})
    assert by_upi(sim, "A") == ("TXN_SUCCESS", "01")
    assert sim.get("/_sim/settings").json()["risk_rules"]["vpa-velocity"] == {
        "limit": 0, "window_seconds": 3600, "on": False,
    }  # fmt: skip
    sim.settings(risk_rules=sim.get("/_sim/settings").json()["risk_rules"])  # what it shows, it takes
    sim.settings(risk_rules={})
    assert sim.get("/_sim/settings").json()["risk_rules"] == risk.table_json({})


def test_ordinary_use_meets_no_rule() -> None:
    for rule in risk.TABLE:
        assert rule.limit >= (200_000 if rule.counts == "amount" else 500)
        assert rule.respcode in codes.PAYMENT


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ([], "risk_rules"),
        ("x", "risk_rules"),
        ({"speed": {"limit": 1}}, "risk_rules.speed"),
        ({"card-velocity": 3}, "risk_rules.card-velocity"),
        ({"card-velocity": {"limit": -1}}, "risk_rules.card-velocity.limit"),
        ({"card-velocity": {"limit": True}}, "risk_rules.card-velocity.limit"),
        ({"card-velocity": {"limit": 1.5}}, "risk_rules.card-velocity.limit"),
        ({"card-velocity": {"limit": 10**40}}, "risk_rules.card-velocity.limit"),
        ({"card-velocity": {"window_seconds": "60"}}, "risk_rules.card-velocity.window_seconds"),
        ({"card-velocity": {"on": 1}}, "risk_rules.card-velocity.on"),
        ({"card-velocity": {"colour": 1}}, "risk_rules.card-velocity.colour"),
    ],
)
def test_a_mistake_in_a_rule_names_its_field(sim: Simulator, rules: object, field: str) -> None:
    answer = sim.http.put(f"{sim.url}/_sim/settings", json={"risk_rules": rules}, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == field
    assert answer.json()["error"]["message"]
    assert sim.get("/_sim/settings").json()["risk_rules"] == risk.table_json({})
