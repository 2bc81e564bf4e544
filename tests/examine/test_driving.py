"""How a site is driven: steps and forms, JS Checkout pages, commands, re-checks, and nobody else is contacted."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from paytm_kit.simulator.examine import pages
from paytm_kit.simulator.examine.plan import CannotRun, Plan, read
from paytm_kit.simulator.examine.site import filled
from paytm_kit.simulator.examine.wire import Wire, origin
from tests.examine.conftest import Examine, about, opened
from tests.examine.weak_shop import Believing, WeakShop

FORM = """
<form action="/search"><input name="q"></form>
<form id="details" method="post">
  <input type="hidden" name="csrf" value="a&amp;b"><input name="name"><input type="submit" name="go" value="Go">
  <input type="checkbox" name="news"><input type="checkbox" name="terms" checked>
  <input type="radio" name="flow" value="js"><input type="radio" name="flow" value="hosted" checked>
  <select name="size"><option value="s">S</option><option value="m" selected>M</option></select>
  <textarea name="note">Leave at the
door</textarea>
</form>"""


def test_a_form_sends_what_a_browser_would() -> None:
    form = pages.chosen_form(FORM, "^details$")
    assert form is not None
    assert form.method == "POST"
    assert form.fields == {
        "csrf": "a&b",
        "name": "",
        "terms": "on",
        "flow": "hosted",
        "size": "m",
        "note": "Leave at the\ndoor",
    }


def test_a_form_that_posts_to_its_own_page_is_chosen_by_its_empty_action() -> None:
    assert pages.chosen_form(FORM, "^$") == pages.forms(FORM)[1]
    assert pages.chosen_form(FORM, "^/nowhere$") is None


@pytest.mark.parametrize(
    "page",
    [
        '{"orderId": "ORD-7", "txnToken": "0123456789abcdef0123456789abcdef1760000000123"}',
        "var config = {data: {orderId: 'ORD-7', token: '0123456789abcdef0123456789abcdef1760000000123'}};",
    ],
)
def test_a_script_that_hands_over_a_token_begins_a_payment(page: str) -> None:
    assert pages.scripted_order(page) == "ORD-7"


def test_an_order_id_without_a_token_begins_nothing() -> None:
    assert pages.scripted_order('{"orderId": "ORD-7"}') == ""


@pytest.mark.parametrize(
    ("how", "found"),
    [
        (r'value="([^"]+)"', "a&amp;b"),
        (r"Leave at", "Leave at"),
        ("css:#details input[name=csrf]@value", "a&b"),
        ("css:option[selected]", "M"),
        ("css:.nothing", None),
        ("nothing like it", None),
    ],
)
def test_what_is_extracted(how: str, found: str | None) -> None:
    assert pages.extracted(FORM, how) == found


def test_a_missing_library_is_named_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bs4", None)
    with pytest.raises(pages.MissingLibrary, match=r'pip install "paytm-kit\[examine\]"'):
        pages.extracted(FORM, "css:form")


def test_names_are_filled_in_and_a_missing_one_is_told() -> None:
    assert (
        filled("/orders/{order}?x={unique}&y={1,2}", {"order": "7", "unique": "u"}, "here") == "/orders/7?x=u&y={1,2}"
    )
    with pytest.raises(CannotRun, match=r"Step 2: nothing was extracted as \{order\}\. Known: unique"):
        filled("/orders/{order}", {"unique": "u"}, "Step 2")


def test_flags_stand_over_the_file_and_the_file_over_the_environment(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(
        '{"base_url": "http://127.0.0.1:1", "status_url": "/s", "paid_pattern": "x", "key": "from-the-file-16",'
        ' "steps": [{"url": "/cart"}]}'
    )
    given: dict[str, Any] = {"config": str(tmp_path / "a.json"), "paid_pattern": "y", "pay_url": "/pay"}
    plan = read({**given, "pay_method": "POST", "pay_field": ["a=b=c"]}, {"PAYTM_SIM_KEY": "from-environ--16"})
    assert (plan.paid_pattern, plan.key) == ("y", "from-the-file-16")
    assert [(step.method, step.url, dict(step.fields)) for step in plan.steps] == [
        ("GET", "/cart", {}),
        ("POST", "/pay", {"a": "b=c"}),
    ]
    assert "from-the-file-16" not in repr(plan)


@pytest.mark.parametrize("foreign", ["https://example.com/", "http://127.0.0.1:2/", "http://127.0.0.1:1@example.com/"])
def test_nobody_is_contacted_who_was_not_named(foreign: str) -> None:
    wire = Wire(Plan(base_url="http://localhost:1"), "http://127.0.0.1:3")
    with pytest.raises(CannotRun):
        wire.send("GET", foreign)
    assert wire.sent == 0


def test_the_names_of_this_machine_are_one_host() -> None:
    assert origin("http://localhost:8000/a") == origin("http://127.0.0.1:8000/b") == origin("http://[::1]:8000")
    assert origin("http://127.0.0.1/") == "local:80" != origin("https://127.0.0.1/")


class Wandering(WeakShop):
    """Its payment page sends shoppers elsewhere."""

    def pay(self) -> str:
        return '<form id="x" action="http://127.0.0.1:9/login" method="post"><input name="a"></form>'


def test_a_step_that_leads_away_is_not_followed(gateway: str, examine: Examine, tmp_path: Path) -> None:
    with opened(Wandering, gateway) as shop:
        file = tmp_path / "steps.toml"
        file.write_text(f'[[steps]]\nurl = "{shop.url}/pay"\n[[steps]]\nform = "^x$"\n')
        examined = examine(str(file), *about(shop, pay_url=""))
    assert examined.status == 2
    assert "leads to http://127.0.0.1:9/login, which is none of the addresses that you gave" in examined.err


class Deaf(Believing):
    """Hears nothing; whoever knocks at /orders/check makes it ask."""

    def heard(self, path: str, query: dict[str, str], form: dict[str, str]) -> str:
        return "Later."

    def visited(self, query: dict[str, str]) -> str:
        self.ship(self.orders[query["order"]])
        return "Checked."


FETCH = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())"


def test_a_site_that_asks_by_itself_is_given_the_chance(gateway: str, examine: Examine) -> None:
    with opened(Deaf, gateway) as shop:
        command = f"{sys.executable} -c '{FETCH}' {shop.url}"
        flags = about(shop, status_url="", status_command=command + "/orders/{order_id}", webhook_url="")
        examined = examine(
            *flags, "--recheck-command", command + "/callback?order={order_id}", "--only", "paid-by-callback"
        )
    assert examined.verdicts() == {"paid-by-callback": "held"}, examined.err + examined.out
    assert "re-check asked for" in examined.report["attacks"][0]["trace"]


def test_a_command_that_does_not_exist_is_named(gateway: str, examine: Examine) -> None:
    with opened(Believing, gateway) as shop:
        examined = examine(*about(shop, status_url="", status_command="/nowhere/status {order_id}"))
    assert (examined.status, "The command '/nowhere/status' did not work" in examined.err) == (2, True)


class Slow(Believing):
    seconds = 0.3

    def heard(self, path: str, query: dict[str, str], form: dict[str, str]) -> str:
        time.sleep(self.seconds)
        return super().heard(path, query, form)


class Silent(Slow):
    seconds = 4.0


def test_slowness_is_reported(gateway: str, examine: Examine) -> None:
    with opened(Slow, gateway) as shop:
        examined = examine(*about(shop), "--slow", "0.2", "--only", "paid-by-callback")
    assert examined.verdicts() == {"paid-by-callback": "slow"}


def test_no_answer_in_time_is_an_error(gateway: str, examine: Examine) -> None:
    with opened(Silent, gateway) as shop:
        examined = examine(*about(shop), "--timeout", "2", "--patience", "4", "--only", "paid-by-callback")
    assert examined.verdicts() == {"paid-by-callback": "error 500"}
    assert "no answer within 2 s" in examined.out
