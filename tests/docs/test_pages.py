"""Every page of the manual: links lead somewhere, names exist, Python runs, and it builds without a warning."""

from __future__ import annotations

import ast
import importlib
import json
import logging
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from docs import screenshots
from docs._ext import checksums, commands, errors, events, generated, signals
from paytm_kit import conf
from paytm_kit.checksum import Reason
from paytm_kit.conf import ACCOUNT_SETTINGS, ENDPOINT_SETTINGS, KIT_SETTINGS
from paytm_kit.contrib.flask import config as flask_config
from paytm_kit.gateways.base import GatewayError
from paytm_kit.logs import EventLog, correlate
from paytm_kit.signals import BY_NAME
from tests.docs.page import blocks, prose, text
from tests.docs.project import DOCS
from tests.docs.test_simulator_doc import anchor

ROOT = DOCS.parent
PAGES = sorted(DOCS.glob("*.md"))
WRITTEN = [page for page in PAGES if page.name not in ("simulator.md", "scale.md")]  # those two have tests of their own


@cache
def expanded(page: Path) -> str:
    return generated.expand(text(page))


@cache
def anchors(page: Path) -> set[str]:
    without_code = re.sub(r"^```.*?^```$", "", expanded(page), flags=re.DOTALL | re.MULTILINE)
    return {anchor(words) for words in re.findall(r"^#+ (.+)$", without_code, re.MULTILINE)}


def python(page: Path) -> list[str]:
    return [block.text for block in blocks(page) if block.language == "python"]


def ids(page: Path) -> str:
    return page.stem


# ---- links and names -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        file, _, place = link.partition("#")
        if file.startswith(("http://", "https://")):
            continue
        target = page if not file else (page.parent / file).resolve()
        assert target.exists(), f"{page.name}: {link}"
        assert not place or place in anchors(target), f"{page.name}: {link}"


def test_every_page_stands_in_the_contents() -> None:
    listed = [
        name
        for tree in re.findall(r"^```\{toctree\}\n(.*?)^```", text(DOCS / "index.md"), re.DOTALL | re.MULTILINE)
        for name in re.findall(r"^([a-z-]+)$", tree, re.MULTILINE)
    ]
    assert sorted([*listed, "index"]) == [page.stem for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_command_that_a_page_names_exists_with_its_options(page: Path) -> None:
    exist = {name: commands.help_of(name) for name in commands.names()}
    for name, words in re.findall(r"(?:manage\.py |`)(paytm_\w+)((?: [^`\n]*)?)", text(page)):
        if name in exist:
            for option in re.findall(r"(?<= )--[a-z][a-z-]*", words.partition("#")[0]):
                assert option in exist[name] or option in ("--settings", "--verbosity"), f"{name} {option}"
        else:
            assert name.startswith(("paytm_kit", "paytm_gateway", "paytm_simulator", "paytm_pay_button")) or (
                name in ("paytm_history", "paytm_simulator_options")
            ), f"{page.name} names {name}"


@pytest.mark.parametrize("page", WRITTEN, ids=ids)
def test_every_variable_that_a_page_names_exists(page: Path) -> None:
    endpoints = {conf.variable(row, f"outgoing-{name}") for row in ENDPOINT_SETTINGS for name in ("erp", "stock-room")}
    in_flask = {*flask_config.OWN, *flask_config.OF_THE_KIT, *flask_config.OF_THE_ACCOUNT, "PAYTM_KIT_"}
    of_another = {conf.variable(row, name) for row in ACCOUNT_SETTINGS for name in ("stripe", "paypal")}
    exist = {*conf.variables(), *endpoints, *in_flask, *of_another, "PAYTM_KIT", "PAYTM_TICKETS_MID"}
    assert set(re.findall(r"\bPAYTM_[A-Z_]+\b", text(page))) <= exist


def test_files_that_pages_name_exist() -> None:
    named = {
        name for page in PAGES for name in re.findall(r"`((?:paytm_kit|demo_site|docs)/[\w/.]+\.\w+)`", prose(page))
    }
    made_by_readers = {name for page in PAGES for name in re.findall(r"Save as `([^`]+)`", text(page))}
    overridable = {name for name in named if (ROOT / "paytm_kit" / "templates" / name).exists()}
    static = {name for name in named if (ROOT / "paytm_kit" / "static" / name).exists()}
    assert named
    assert sorted(n for n in named - made_by_readers - overridable - static if not (ROOT / n).exists()) == []


def test_the_pictures_are_those_that_the_script_takes_and_they_are_small() -> None:
    shown = {
        name: alt for page in PAGES for alt, name in re.findall(r"!\[([^]]+)\]\(_static/shots/(.+)\.png\)", prose(page))
    }
    assert shown == screenshots.PICTURES
    files = sorted(screenshots.SHOTS.iterdir())
    assert [file.name for file in files] == sorted(f"{name}.png" for name in screenshots.PICTURES)
    assert sum(file.stat().st_size for file in files) < 1_000_000


# ---- what is made from the code ------------------------------------------------------------------------------------


def test_what_can_be_made_from_the_code_stands_on_a_page() -> None:
    marks = [mark for page in PAGES for mark in re.findall(r"<!-- generated: ([\w ]+) -->", text(page))]
    assert sorted(marks) == sorted(generated.BLOCKS)
    with pytest.raises(KeyError):
        generated.expand("<!-- generated: nothing -->")


def test_every_setting_is_told_once_with_its_help() -> None:
    told = expanded(DOCS / "settings.md")
    for setting in (*ACCOUNT_SETTINGS, *KIT_SETTINGS):
        rows = [row for row in told.splitlines() if row.startswith(f"| `{setting.name}` |")]
        assert len(rows) == 1
        assert f"`{conf.variable(setting)}`" in rows[0]


def test_every_signal_is_told() -> None:
    told = dict(signals.found())
    assert set(BY_NAME) | {"callback_rejected"} <= told.keys()
    assert all(told.values())


def test_every_command_is_told_without_what_django_adds() -> None:
    rooms = [ROOT / app.replace(".", "/") / "management/commands" for app in commands.APPS]
    files = sorted(path.stem for room in rooms for path in room.glob("paytm_*.py"))
    told = expanded(DOCS / "commands.md")
    assert files == re.findall(r"^## (paytm_\w+)$", told, re.MULTILINE)
    assert "--pythonpath" not in told
    assert "--workers N" in told


def test_every_reason_has_an_example_that_gives_it() -> None:
    assert sorted(checksums.EXAMPLES) == sorted(reason.value for reason in Reason)
    assert all(checksums.explained(name).reason == name for name in checksums.EXAMPLES)
    told = expanded(DOCS / "invalid-checksum.md")
    assert not any(secret in told.partition("## Every reason")[2] for secret in (checksums.KEY, checksums.OTHER))


def _checks() -> list[Path]:
    kit = ROOT / "paytm_kit"
    rooms = ("*checks.py", "api/*.py", "outgoing/*.py", "gateways/*/faults.py")
    return [path for room in rooms for path in kit.glob(room)]


def test_every_system_check_is_told() -> None:
    source = "".join(path.read_text("utf-8") for path in _checks())
    assert set(errors.found_checks()) == set(re.findall(r'(?:"paytm_kit\.|Fault\(\s*")([EW]\d{3})"', source))


def test_every_error_is_told_parents_first() -> None:
    told = errors.found()
    assert told[0] is GatewayError
    assert len(told) == len(set(told)) >= 12
    for error in told:
        assert all(parent not in told or told.index(parent) < told.index(error) for parent in error.__mro__[1:])


def test_every_event_of_the_log_is_told() -> None:
    """The extension reads syntax trees; this looks for the same with plain text."""
    told = {event.name for event in events.found()}
    for path in (ROOT / "paytm_kit").rglob("*.py"):
        if not {"simulator", "testing"} & set(path.relative_to(ROOT / "paytm_kit").parts):
            calls = re.findall(r'\blog\.(?:info|warning|error)\(\s*"([a-z_.]+)"', path.read_text("utf-8"))
            assert set(calls) <= told, path
    assert {"payment.captured", "refund.succeeded", "dispute.opened", "inbound.callback"} <= told
    assert all(event.logger.startswith("paytm_kit") for event in events.found())


# ---- Python on the pages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", WRITTEN, ids=ids)
def test_python_on_a_page_compiles_and_imports_what_exists(page: Path) -> None:
    for block in python(page):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] != "shop":
                module = importlib.import_module(node.module)
                missing = [name.name for name in node.names if not hasattr(module, name.name)]
                for name in missing:
                    importlib.import_module(f"{node.module}.{name}")
            elif isinstance(node, ast.Import):
                for name in node.names:
                    importlib.import_module(name.name)


def test_the_checksum_examples_run() -> None:
    ran = [
        block
        for page in ("invalid-checksum.md", "migrating.md")
        for block in python(DOCS / page)
        if "paytm_kit.checksum" in block or "PaytmClient(" in block
    ]
    assert len(ran) == 3
    for block in ran:
        exec(block, {})


def test_the_json_formatter_writes_what_elk_and_splunk_read() -> None:
    [formatter, settings] = [block for block in python(DOCS / "logging.md") if "JsonLines" in block]
    made: dict[str, Any] = {}
    exec(formatter, made)
    exec(settings, made)
    assert made["LOGGING"]["formatters"]["json"]["()"] == "shop.jsonlog.JsonLines"
    kept: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = kept.append  # type: ignore[method-assign]
    logger = logging.getLogger("paytm_kit.docs")
    logger.addHandler(handler)
    trace = correlate()
    try:
        EventLog("paytm_kit.docs").warning("status.no_answer", order_id="261121-x", error="two\nlines")
    finally:
        logger.removeHandler(handler)
    line = made["JsonLines"]().format(kept[0])
    said = json.loads(line)
    assert "\n" not in line
    assert {"event": "status.no_answer", "order_id": "261121-x", "correlation_id": trace}.items() <= said.items()
    assert (said["level"], said["logger"]) == ("WARNING", "paytm_kit.docs")


# ---- the build -----------------------------------------------------------------------------------------------------


def test_it_builds_without_a_warning_and_asks_nobody_else_for_anything(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "--nitpicky", "-q", "-b", "html"]
    built = subprocess.run(
        [*command, "-d", tmp_path / "trees", DOCS, tmp_path / "html"], cwd=ROOT, text=True, capture_output=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    fetched = re.compile(
        r"<(?:script|img|iframe)[^>]+src=\"(?:https?:)?//|<link[^>]+href=\"(?:https?:)?//|@import\s+url\("
    )
    pages = list((tmp_path / "html").glob("*.html"))
    assert {page.stem for page in pages} >= {page.stem for page in PAGES}
    made = {page.name: page.read_text("utf-8") for page in pages}
    assert [name for name, html in made.items() if fetched.search(html)] == []
    unreachable = re.compile(r'<pre>|<div class="table-wrapper|role="heading">')  # by keyboard, or for a screen reader
    assert [name for name, html in made.items() if unreachable.search(html)] == []
