"""Switches: files of merchants and faults, the database, the log, and the commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from paytm_kit.simulator import options
from paytm_kit.simulator.run import books, cli
from tests.simulator.conftest import KEY, MID, Shop, Simulator, ended_at_last, running
from tests.simulator.test_server import ROOT, run

SECRET = "second#Key&2@pay"


def saved(folder: Path, content: Any) -> str:
    path = folder / "rows.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


# ---- files ---------------------------------------------------------------------------------------------------------


def test_merchants_of_a_file_exist_beside_the_first_and_survive_a_reset(tmp_path: Path, shop: Shop) -> None:
    rows = [
        {"mid": "SECOND", "key": SECRET, "website": "RETAIL", "webhook_format": "json"},
        {"mid": "THIRD", "key": KEY},
    ]
    with running("--merchants", saved(tmp_path, rows)) as (_, url), closing(Simulator(url, shop.url)) as client:
        for _ in range(2):
            told = client.get("/_sim/merchants").json()["merchants"]
            assert [(row["mid"], row["website"], row["webhook_format"]) for row in told] == [
                (MID, "WEBSTAGING", "form"),
                ("SECOND", "RETAIL", "json"),
                ("THIRD", "WEBSTAGING", "form"),
            ]
            client.post("/_sim/merchants", json={"mid": "FOURTH", "key": KEY})
            client.post("/_sim/merchants/SECOND/rotate-key", json={"key": KEY})
            assert client.post("/_sim/reset").status_code == 200


def test_faults_of_a_file_are_on_at_the_start_and_after_a_reset(tmp_path: Path, shop: Shop) -> None:
    rows = [{"fault": "status.error", "status": 502}]
    with running("--faults", saved(tmp_path, rows)) as (_, url), closing(Simulator(url, shop.url)) as client:
        for _ in range(2):
            client.initiate()
            assert client.status().status_code == 502
            client.http.put(f"{url}/_sim/faults", json=[])
            assert client.post("/_sim/reset").status_code == 200


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "too deeply nested"),
        ({}, "list"),
        ([1], "entry 1"),
        ([{"mid": MID.lower(), "key": SECRET}], "is the merchant of --mid"),
        ([{"key": SECRET}], "mid"),
        ([{"mid": "M"}], "key"),
        ([{"mid": "M", "key": "short"}], "key"),
        ([{"mid": "M", "key": 16}], "key"),
        ([{"mid": "a b", "key": SECRET}], "mid"),
        ([{"mid": "M", "key": SECRET, "website": "https://x"}], "website"),
        ([{"mid": "M", "key": SECRET, "webhook_url": "https://shop.test/x"}], "webhook_url"),
        ([{"mid": "M", "key": SECRET, "webhook_format": "xml"}], "webhook_format"),
        ([{"mid": "M", "key": SECRET, "colour": "blue"}], "colour"),
        ([{"mid": "M", "key": SECRET}, {"mid": "m", "key": SECRET}], "entry 2, mid"),
    ],
)
def test_a_mistake_in_the_merchants_is_named_and_no_key_shown(
    content: Any, named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--merchants", saved(tmp_path, content)]) == 2
    told = capsys.readouterr().err
    assert "--merchants" in told
    assert named in told
    assert SECRET not in told


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("[", "not JSON"),
        ("[" * 100_000, "deeply nested"),
        ({}, "list"),
        ([{"fault": "callback.lots"}], "callback.lost"),
        ([1], "faults[0]"),
    ],
)
def test_a_mistake_in_the_faults_ends_with_2_and_names_it(content: Any, named: str, tmp_path: Path) -> None:
    ended = run("--port", "0", "--faults", saved(tmp_path, content))
    assert ended.returncode == 2
    assert "--faults" in ended.stderr
    assert named in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("flag", ["--merchants", "--faults"])
def test_a_file_that_is_not_there_is_named(flag: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([flag, str(tmp_path / "none.json")]) == 2
    assert "none.json: No such file" in capsys.readouterr().err


# ---- the database --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["mysql://u@h/n", "http://x", "postgres://:bad:port:/", "postgres://127.0.0.1:5432"])
def test_a_database_url_that_cannot_be_is_named_without_its_password(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = cli.main(["--db", url.replace("u@h", "u:hidden@h")])
    except SystemExit as ended:  # argparse's own way
        code = ended.code
    assert code == 2
    told = capsys.readouterr().err
    assert "--db" in told
    assert "hidden" not in told.replace("'mysql://u:hidden@h/n'", "")


def test_a_missing_extra_is_one_command_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found: Callable[[str], Any] = books.find_spec
    monkeypatch.setattr(books, "find_spec", lambda name: None if name == "psycopg" else found(name))
    assert cli.main(["--db", "postgres://postgres@127.0.0.1/x"]) == 2
    assert 'pip install "paytm-kit[postgres]"' in capsys.readouterr().err


def test_a_database_out_of_reach_is_one_clear_line() -> None:
    ended = run("--port", "0", "--db", "postgres://postgres@127.0.0.1:1/none")
    assert ended.returncode == 2
    assert "--db: the database cannot be used" in ended.stderr
    assert "Traceback" not in ended.stderr


# ---- the log -------------------------------------------------------------------------------------------------------


def logged(shop: Shop, *flags: str) -> list[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PAYTM_")}
    command = [sys.executable, "-m", "paytm_kit.simulator", "--port", "0", *flags]
    with subprocess.Popen(command, env=clean, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().split()[-1]
            with closing(Simulator(url, shop.url)) as client:
                client.initiate("LOGGED-1", userInfo={"custId": "C", "mobile": "9000000001"})
                client.send("/v3/order/status", {"mid": MID, "orderId": "LOGGED-2"}, signature="wrong")
            process.terminate()
            return process.communicate(timeout=15)[1].splitlines()
        finally:
            process.kill()


def test_the_json_log_is_one_object_a_line_with_the_order(shop: Shop) -> None:
    rows = [json.loads(line) for line in logged(shop, "--json-log")]
    assert {tuple(row) for row in rows} == {("time", "level", "logger", "message", "order_id")}
    assert [row["order_id"] for row in rows] == ["LOGGED-1", "LOGGED-2"]
    assert rows[0]["level"] == "INFO"
    assert "signature verified" in rows[0]["message"]
    assert "330" in rows[1]["message"]
    assert KEY not in json.dumps(rows)
    assert "9000000001" not in json.dumps(rows)


def test_without_it_the_log_is_for_people(shop: Shop) -> None:
    lines = logged(shop)
    assert len(lines) == 2
    assert "signature verified" in lines[0]


@pytest.mark.parametrize(("text", "wanted"), [("1", True), ("true", True), ("0", False), ("", False)])
def test_the_environment_switches_the_json_log(text: str, wanted: bool) -> None:
    assert options.from_environ({"PAYTM_SIM_JSON_LOG": text}).json_log is wanted
    with pytest.raises(ValueError, match="PAYTM_SIM_JSON_LOG must be true or false"):
        options.from_environ({"PAYTM_SIM_JSON_LOG": "perhaps"})


def test_options_go_to_a_child_and_come_back_the_same(tmp_path: Path) -> None:
    said = options.Options(
        seed=3, merchants=saved(tmp_path, []), json_log=True, allow_host=("a.test", "b.test"), db="x", settle_after=0
    )
    assert options.from_environ(options.to_environ(said)) == said


def test_the_command_line_may_allow_the_host_that_the_environment_names() -> None:
    said = options.from_environ({"PAYTM_SIM_WEBHOOK_URL": "http://shop.example:8000/hook"})
    with pytest.raises(ValueError, match="--allow-host"):
        options.checked(said)
    assert options.with_arguments(said, {"allow_host": [("shop.example",)]}).allow_host == ("shop.example",)


# ---- commands ------------------------------------------------------------------------------------------------------


def test_an_unknown_command_is_answered_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["dance"]) == 2
    told = capsys.readouterr().err
    for command in ("serve", "instruments", "examine", "trigger"):
        assert command in told


@pytest.mark.parametrize("command", [[], ["serve"], ["instruments"], ["examine"], ["trigger"]])
def test_no_command_runs_in_production(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAYTM_ENVIRONMENT", "production")
    assert cli.main(command) == 2
    assert "PAYTM_ENVIRONMENT=production" in capsys.readouterr().err


def test_an_env_file_of_production_is_enough_to_refuse(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PAYTM_ENVIRONMENT=production\n")
    ended = subprocess.run(
        [sys.executable, "-m", "paytm_kit.simulator", "--port", "0"],
        cwd=tmp_path, capture_output=True, text=True, timeout=20, env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert ended.returncode == 2
    assert "PAYTM_ENVIRONMENT=production" in ended.stderr


def test_serve_is_what_runs_without_a_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "paytm_kit.simulator", "serve", "--port", "0", "--mid", "SERVED"]
    with ended_at_last(command, {"PYTHONPATH": str(ROOT)}, cwd=tmp_path) as process:
        url = process.stdout.readline().split()[-1]
        assert requests.get(f"{url}/_sim/health", timeout=10).json()["mid"] == "SERVED"
