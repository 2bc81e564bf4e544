"""docs/simulator.md says what is so: its tables are the code's, its names exist, its examples run as it shows them."""

from __future__ import annotations

import configparser
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import requests

from paytm_kit import checksum
from paytm_kit.simulator import options
from paytm_kit.simulator.api.urls import urlpatterns as API
from paytm_kit.simulator.bank import emi
from paytm_kit.simulator.control.urls import urlpatterns as CONTROL
from paytm_kit.simulator.examine.attacks import ATTACKS
from paytm_kit.simulator.pages.urls import urlpatterns as PAGES
from tests.clients import provision
from tests.docs import expected, page, walk
from tests.docs.page import Block

START, NODE = "Start it", "The same in Node"
RUNNING = [chapter for chapter in page.chapters() if chapter != START]
KEY = options.Options().key
ENTRANCES = (  # Paytm's own among the addresses that a browser visits
    "theia/api/v1/showPaymentPage", "order/process", "theia/processTransaction",
    "merchantpgpui/checkoutjs/merchants/<str:mid>.js",
)  # fmt: skip
COMPOSE = page.PAGE.with_name("compose.yaml").read_text("utf-8")

Programs = tuple[dict[str, str], dict[str, walk.Program]]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    """What the page says to leave running: the simulator and the shop."""
    with walk.staying(tmp_path_factory.mktemp("staying")) as (ports, running):
        yield ports, running


@pytest.fixture
def simulator(programs: Programs) -> str:
    return f"http://127.0.0.1:{programs[0][walk.SIMULATOR]}"


def blocks(chapter: str) -> list[Block]:
    return [block for block in page.blocks() if block.chapter == chapter and block.section != NODE]


# ---- examples ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chapter", RUNNING)
def test_a_chapter_does_what_it_shows(chapter: str, programs: Programs, simulator: str, tmp_path: Path) -> None:
    ports, running = programs
    assert requests.post(f"{simulator}/_sim/reset", timeout=10).status_code == 200  # as the page says
    with walk.walking(tmp_path, ports, running) as reader:
        for block in blocks(chapter):
            reader.take(block)


def test_every_way_to_start_it(programs: Programs, tmp_path: Path) -> None:
    with walk.walking(tmp_path, *programs) as reader:
        for block in blocks(START):
            reader.take(block)


@pytest.mark.clients
def test_node_does_what_the_page_shows(programs: Programs, simulator: str, tmp_path: Path) -> None:
    if why := provision.prepare():
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    requests.post(f"{simulator}/_sim/reset", timeout=10)
    with walk.walking(tmp_path, *programs, NODE_PATH=str(provision.MODULES)) as reader:
        for block in page.blocks():
            if block.section == NODE:
                reader.take(block)


# ---- PHP and compose: not run, but not unread -----------------------------------------------------------------------


def initiate(simulator: str, body: dict[str, object]) -> str:
    """The code that a signed initiate gets."""
    return asked(simulator, f"/theia/api/v1/initiateTransaction?mid={body['mid']}&orderId={body['orderId']}", body)


def asked(simulator: str, path: str, body: dict[str, object]) -> str:
    text = json.dumps(body)
    sealed = f'{{"head":{{"signature":"{checksum.sign(text, KEY)}"}},"body":{text}}}'
    answer = requests.post(simulator + path, sealed, headers={"Content-Type": "application/json"}, timeout=10)
    return answer.json()["body"]["resultInfo"]["resultCode"]


def test_php_sends_what_python_sends_and_hears_what_it_expects(simulator: str) -> None:
    php = next(block.text for block in page.blocks() if block.language == "php")
    [[host, mid, key]] = re.findall(r'\[\$host, \$mid, \$key\] = \["(.*)", "(.*)", "(.*)"\];', php)
    python = next(block.text for block in page.blocks() if block.file == "first.py")
    assert f'HOST, MID, KEY = "{host}", "{mid}", "{key}"' in python
    body = from_php(first(r"\$body = (\[.*?\n\]);", php), mid)
    assert body == eval(first(r"^body = (\{.*?^\})", python), {"MID": mid, "order_id": body["orderId"]})
    question = from_php(first(r'/v3/order/status", (\[.*?\])\)', php), mid)
    requests.post(f"{simulator}/_sim/reset", timeout=10)
    heard = initiate(simulator, body), asked(simulator, "/v3/order/status", question)
    assert re.findall(r"Expect `(\w+)`, then `(\w+)`", page.text()) == [heard]


def first(pattern: str, text: str) -> str:
    return str(re.findall(pattern, text, re.DOTALL | re.MULTILINE)[0])


def from_php(array: str, mid: str) -> dict[str, object]:
    """PHP's array of names and values."""
    text = array.replace("[", "{").replace("]", "}").replace("=>", ":").replace("$mid", f'"{mid}"')
    return json.loads(re.sub(r",\s*}", "}", text))


def test_the_compose_file_is_the_one_on_the_page() -> None:
    assert [block.text for block in page.blocks() if block.language == "yaml"] == [COMPOSE]


def test_the_compose_file_names_variables_and_extras_that_exist() -> None:
    names = set(re.findall(r"^      (PAYTM_\w+):", COMPOSE, re.MULTILINE))
    ours = {options.env_name(flag.name) for flag in options.FLAGS}
    shops = set(re.findall(r"^#? ?(PAYTM_\w+)=", (walk.ROOT / "settings.example.env").read_text("utf-8"), re.MULTILINE))
    assert names
    assert names <= ours | shops
    extras = configparser.ConfigParser()
    extras.read(walk.ROOT / "setup.cfg", "utf-8")
    assert set(re.findall(r"paytm-kit\[(\w+)\]", COMPOSE + page.text())) <= set(extras["options.extras_require"])


def test_command_and_health_check_of_the_compose_file_run(tmp_path: Path) -> None:
    [[shell, flag, command]] = [json.loads(found) for found in re.findall(r"command: (\[.*\])", COMPOSE)]
    pip, _, simulator = command.partition(" && exec ")
    assert (shell, flag, pip) == ("sh", "-c", "pip install --quiet 'paytm-kit[qr]'")
    [[cmd, python, *check]] = [json.loads(found) for found in re.findall(r"test: (\[.*\])", COMPOSE)]
    assert (cmd, python) == ("CMD", "python")
    environ = dict(re.findall(r'^      (PAYTM_SIM_\w+): "(.*)"$', COMPOSE, re.MULTILINE))
    port = walk.free_ports(1)[0]
    reader = walk.Walk(tmp_path, {**dict.fromkeys(walk.PORTS, "0"), walk.SIMULATOR: port}, environ=environ)
    program = reader.shell(simulator)
    try:
        walk.wait_for_a_line(program)
        healthy = [sys.executable, *(word.replace("8001", port) for word in check)]
        assert subprocess.run(healthy, timeout=walk.WITHIN, check=False).returncode == 0
        order = {
            "requestType": "Payment", "mid": environ["PAYTM_SIM_MID"], "websiteName": "WEBSTAGING", "orderId": "C-1",
            "callbackUrl": "http://shop:8000/paytm/callback/", "userInfo": {"custId": "C_1"},
            "txnAmount": {"value": "1.00", "currency": "INR"},
        }  # fmt: skip
        assert initiate(f"http://127.0.0.1:{port}", order) == "0000"  # the shop in the network is allowed
    finally:
        assert program.end() == 0


# ---- tables and names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", expected.TABLES)
def test_a_table_is_the_codes(name: str) -> None:
    table = expected.TABLES[name]()
    assert table in page.text(), f"put this into docs/simulator.md:\n{table}"


@pytest.mark.parametrize("head", expected.NAMES)
def test_a_table_names_all_that_exist(head: str) -> None:
    told = [name.split()[0] for row in page.tables()[head] for name in re.findall(r"`([^`]+)`", row[0])]
    assert sorted(told) == sorted(expected.NAMES[head]())


def test_every_call_of_the_control_plane_is_told_and_shown(simulator: str) -> None:
    """The methods are asked of the running simulator: it names them where one is wrong."""
    session = requests.Session()
    exist = set()
    for entry in CONTROL:
        route = str(entry.pattern)
        refused = session.patch(f"{simulator}/{re.sub('<[^>]+>', '1', route)}", timeout=10)
        assert refused.status_code == 405
        exist |= {(method, route) for method in refused.headers["Allow"].split(", ")}
    session.close()

    def routes(calls: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        return {
            (method, str(entry.pattern))
            for method, path in calls
            for entry in CONTROL
            if entry.pattern.match(path.removeprefix("/"))
        }

    told = {
        (method, re.sub(r"<\w+>", "1", path))
        for row in page.tables()["call"]
        for *methods, path in [re.findall(r"GET|PUT|POST|DELETE|/_sim/[^`]*", row[0])]
        for method in methods
    }
    assert routes(told) == exist
    assert routes(page.calls()) >= exist


def test_every_setting_is_told(simulator: str) -> None:
    told = [row[0].strip("`") for row in page.tables()["setting"]]
    assert sorted(told) == sorted(requests.get(f"{simulator}/_sim/settings", timeout=10).json())


def test_the_paths_that_it_serves_are_told() -> None:
    told = " ".join(row[0] for row in page.tables()["path"]).replace("MID.js", "<str:mid>.js")
    family = r"subscription/subscription/|subscription/(?!create)"  # told once for both
    served = [str(entry.pattern) for entry in (*API, *(page for page in PAGES if str(page.pattern) in ENTRANCES))]
    missing = [route for route in served if f"`{re.sub(family, '', route)}`" not in told and f"`/{route}`" not in told]
    assert len(served) > len(ENTRANCES)
    assert missing == []


def test_what_the_page_counts_is_so() -> None:
    assert f"attacks of the {len(ATTACKS)} " in page.text()
    plans = ", ".join(f"`{plan.plan_id}`" for plan in emi.PLANS)
    assert plans in " ".join(page.text().split())


def test_what_the_page_claims_of_paytm_carries_a_tag() -> None:
    """Of its source, so that a reader can weigh it; and no tag is told that nothing carries."""
    tags = {row[0] for row in page.tables()["tag"]}
    claims = [
        row.strip("|").split(" | ")[-1]
        for section in ("As Paytm does it", "Where our reading stands for Paytm's word")
        for row in first(rf"^### {section}\n(.*?)\n### ", page.text()).strip().splitlines()[2:]
    ]
    carried = [set(re.findall(r"[A-Z]{3,}[0-9]*", claim)) & tags for claim in claims]
    assert len(claims) > 20
    assert [claim for claim, found in zip(claims, carried, strict=True) if not found] == []
    assert set().union(*carried) == tags


def test_every_link_leads_somewhere() -> None:
    headings = {anchor(words) for words in re.findall(r"^#+ (.+)$", page.prose(), re.MULTILINE)}
    links = re.findall(r"\]\(([^)]+)\)", page.prose())
    assert len(links) > 10
    for link in links:
        file, _, place = link.partition("#")
        assert not file or (page.PAGE.parent / file).exists(), link
        assert not place or file or place in headings, link


def test_the_contents_lead_to_every_section() -> None:
    headings = [
        anchor(words) for words in re.findall(r"^###? (.+)$", page.prose(), re.MULTILINE) if words != "Contents"
    ]
    contents = first(r"^## Contents\n(.*?)^## ", page.prose())
    assert re.findall(r"\(#(.*?)\)", contents) == headings


def anchor(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_file_that_the_page_names_exists() -> None:
    files = re.findall(r"`((?:tests|demo_site|benchmarks)/[\w/.]+)`", page.prose())
    assert files
    assert [file for file in files if not (walk.ROOT / file).exists()] == []


# ---- the walk itself: a comparison that cannot fail would prove nothing ----------------------------------------------


@pytest.mark.parametrize(
    ("shown", "heard", "fit"),
    [
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"a": 2}, False),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1, "…": "…"}, {"a": 1, "b": 2}, True),
        ({"a": 1, "b": 2}, {"a": 1}, False),
        ({"a": "…"}, {"a": 7}, True),
        ({"a": "20…"}, {"a": "2031"}, True),
        ({"a": "20…"}, {"a": "31"}, False),
        ([1, "…"], [1, 2, 3], True),
        ([1, "…", 3], [1, 2, 2, 3], True),
        ([1, "…", 3], [1, 2], False),
        ([1], [1, 2], False),
        ("at 2026-11-21 21:25:06.0", "at 2031-01-06 10:01:00.0", True),
        ("took 3 ms", "took 17 ms", True),
        ("took 3 ms", "took 17 apples", False),
    ],
)
def test_an_answer_is_compared(shown: object, heard: object, fit: bool) -> None:
    assert walk.fits(shown, heard) is fit


@pytest.mark.parametrize(
    ("shown", "heard", "fit"),
    [
        ("one\ntwo\n", "one\ntwo\n", True),
        ("one\n", "one\ntwo\n", False),
        ("one\n…\nfour\n", "one\ntwo\nthree\nfour\n", True),
        ("one\n…\nfour\n", "one\ntwo\n", False),
        ("id 20…\n", "id 2031\n", True),
    ],
)
def test_a_text_is_compared(shown: str, heard: str, fit: bool) -> None:
    assert walk.text_fits(shown, heard) is fit


def test_only_ports_are_exchanged(tmp_path: Path) -> None:
    reader = walk.Walk(tmp_path, {"8001": "111", "9000": "222", "8002": "333"})
    assert reader.there("http://127.0.0.1:9000/x --port 8002 9000.00") == "http://127.0.0.1:222/x --port 333 9000.00"
    assert reader.back("http://127.0.0.1:222/x 222") == "http://127.0.0.1:9000/x 222"
