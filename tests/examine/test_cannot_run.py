"""When it cannot run, it says why and what to do next, and ends with 2."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path

import pytest

from paytm_kit.simulator.examine.cli import main
from tests.examine.conftest import Examine, about, opened
from tests.examine.weak_shop import Believing, WeakShop

ENOUGH = ("--pay-url", "http://127.0.0.1:9/", "--paid-pattern", "PAID", "--status-url", "http://127.0.0.1:9/{order_id}")


class Elsewhere(WeakShop):
    """Sends shoppers to the real Paytm."""

    def pay(self) -> str:
        return super().pay().replace(self.gateway, "https://secure.paytmpayments.com")


class Plain(WeakShop):
    def pay(self) -> str:
        return "<p>We are sorry.</p>"


class Refused(WeakShop):
    """Signs with a website name that Paytm does not know."""

    def pay(self) -> str:
        return super().pay().replace("WEBSTAGING", "WRONG")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), r"Nothing begins a payment: give --pay-url"),
        (ENOUGH[:2], r"--paid-pattern is missing"),
        (ENOUGH[:4], r"--status-url or --status-command, one of them"),
        ((*ENOUGH, "--status-command", "true"), r"one of them"),
        ((*ENOUGH, "--paid-pattern", "("), r"paid_pattern: is no regular expression"),
        ((*ENOUGH, "--key", "short"), r"key: must be 16, 24 or 32 bytes"),
        ((*ENOUGH, "--patience", "-1"), r"patience: must be a number of seconds"),
        ((*ENOUGH, "--webhook-url", "https://shop.example.com/hook"), r"webhook_url https://shop.*--allow-host"),
        ((*ENOUGH, "--simulator", "file:///etc/passwd"), r"simulator file.*not an absolute http"),
        ((*ENOUGH, "--only", "nothing"), r"no attack 'nothing'. --list names them"),
        (("--pay-url", "http://[bad/pay", *ENOUGH[2:]), r"http://\[bad/pay is no address"),
        (("--base-url", "http://[bad", *ENOUGH), r"http://\[bad is no address"),
        (("/nowhere/at-all.toml",), r"cannot be read: No such file"),
    ],
)
def test_a_mistake_is_named(arguments: tuple[str, ...], why: str, examine: Examine) -> None:
    examined = examine(*arguments)
    assert examined.status == 2
    assert re.search(why, examined.err), examined.err
    assert examined.report == {}


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("a.toml", "[[steps]]\nurl = 3 +", "neither TOML nor JSON"),
        ("a.toml", 'paid = "x"', "there is no setting 'paid'"),
        ("a.json", "[1]", "must hold names and values"),
        ("a.toml", "steps = 1", "must be a list of tables"),
        ("a.toml", '[[steps]]\nadress = "/"', "Step 1: a step has url"),
        ("a.toml", '[[steps]]\nurl = "/"\nmethod = "PUT"', "method GET or POST"),
    ],
)
def test_a_mistake_in_the_file_is_named(name: str, text: str, why: str, tmp_path: Path, examine: Examine) -> None:
    (tmp_path / name).write_text(text)
    examined = examine(str(tmp_path / name))
    assert (examined.status, why in examined.err) == (2, True), examined.err


def test_it_does_not_run_where_production_is_configured(monkeypatch: pytest.MonkeyPatch, examine: Examine) -> None:
    monkeypatch.setenv("PAYTM_ENVIRONMENT", "production")
    examined = examine(*ENOUGH)
    assert (examined.status, "does not run where PAYTM_ENVIRONMENT=production" in examined.err) == (2, True)


def test_a_report_that_could_not_be_written_is_told_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ENOUGH, "--json", "/nowhere/at/all.json"]) == 2
    assert "/nowhere/at/all.json cannot be written" in capsys.readouterr().err


def test_the_list_names_every_attack(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 45


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (Elsewhere, r"sends shoppers to https://secure\.paytmpayments\.com.*gateway host to the simulator"),
        (Plain, r"holds no form to Paytm.*\[\[steps\]\]"),
        (Refused, r"which the simulator at http\S+ did not accept. The simulator's last word was: .*330"),
    ],
)
def test_a_site_that_leads_nowhere_is_explained(kind: type[WeakShop], why: str, gateway: str, examine: Examine) -> None:
    with opened(kind, gateway) as shop:
        examined = examine(*about(shop))
    assert (examined.status, examined.report) == (2, {})
    assert re.search(why, examined.err), examined.err


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"paid_pattern": "Paid in full"}, "No ordinary payment ever matched --paid-pattern"),
        ({"paid_pattern": "Status"}, "--paid-pattern matches the page of an order that nobody has paid"),
        ({"failed_pattern": "NEW"}, "--failed-pattern matches the page of an order that nobody has paid"),
        ({"granted_pattern": "NEW"}, "--granted-pattern matches the page of an order that nobody has paid"),
        ({"pay_url": "/nowhere"}, "Step 1: GET"),
        ({"mid": "ANOTHERMID0000000001"}, "serves the MID DEMOMID0000000000001, not ANOTHERMID0000000001"),
        ({"key": "another#Key&1@pa"}, "The key given here is not the one of the simulator"),
        ({"simulator": "http://127.0.0.1:9"}, "No simulator answers at http://127.0.0.1:9"),
        ({"status_url": "/{invoice}"}, "nothing was extracted as {invoice}. Known: order_id, unique"),
        ({"status_url": "/nowhere"}, "answered 404. Check --status-url"),
        ({"max_requests": "5"}, "All 5 requests are used up; raise --max-requests"),
    ],
)
def test_a_setting_that_does_not_fit_is_explained(
    changes: dict[str, str], why: str, gateway: str, examine: Examine
) -> None:
    with opened(Believing, gateway) as shop:
        examined = examine(*about(shop, **changes), "--base-url", shop.url)
    assert (examined.status, examined.report) == (2, {}), examined.out
    assert why in examined.err


def test_what_answers_must_be_a_simulator(gateway: str, examine: Examine) -> None:
    with opened(Believing, gateway) as shop:
        examined = examine(*about(shop, simulator=shop.url))
    assert (examined.status, "The simulator answered 404" in examined.err) == (2, True), examined.err


def test_a_limit_in_the_middle_keeps_what_was_found(gateway: str, examine: Examine) -> None:
    with opened(Believing, gateway) as shop:
        examined = examine(*about(shop), "--max-requests", "60")
    assert examined.report["attacks"][0]["verdict"] == "held"
    assert examined.report["attacks"][-1]["not_run_because"].startswith("All 60 requests are used up")
    assert "Cut short: All 60 requests are used up" in examined.out
    assert not examined.report["full_marks"]


def test_a_taken_port_is_told_and_nothing_is_left_running(examine: Examine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        examined = examine(*ENOUGH, "--simulator-port", str(taken.getsockname()[1]))
    assert examined.status == 2
    assert re.search(r"No simulator could be started.*Cannot listen on", examined.err), examined.err


def test_a_simulator_of_its_own_is_started_and_ended(examine: Examine) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with opened(Believing, f"http://127.0.0.1:{port}") as shop:
        examined = examine(*about(shop, simulator="", simulator_port=str(port)), "--only", "late-failure")
    assert examined.verdicts() == {"paid-by-callback": "held", "late-failure": "lost"}, examined.err
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_the_key_may_come_from_the_environment(gateway: str, examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYTM_SIM_KEY", "another#Key&1@pa")
    with opened(Believing, gateway) as shop:
        examined = examine(*about(shop))
    assert "The key given here is not the one" in examined.err
    assert "another#Key" not in examined.err + json.dumps(examined.report)
