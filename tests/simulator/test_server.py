"""The process: switches, refusals to start, sizes, a clean end, many at once."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from paytm_kit.simulator.run import cli, server
from paytm_kit.simulator.run.sqlite.base import Turn
from tests.simulator.conftest import MID, Shop, Simulator, address, ended_at_last, eventually, running, sealed

ROOT = Path(__file__).parents[2]


def run(*flags: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PAYTM_")}
    return subprocess.run(
        [sys.executable, "-m", "paytm_kit.simulator", *flags],
        capture_output=True, text=True, timeout=20, env=clean | environ,
    )  # fmt: skip


# ---- starting --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["flags", "environment"])
def test_flags_and_environment_say_the_same(way: str, tmp_path: Path) -> None:
    db = tmp_path / "b.sqlite3"
    said = {
        "mid": "OTHERMID", "key": "k" * 24, "website": "DEFAULT", "settle-after": "7", "db": str(db),
        "webhook-url": "http://hooks.test/x", "allow-host": "hooks.test",
    }  # fmt: skip
    flags = [part for name, value in said.items() for part in (f"--{name}", value)]
    environ = {f"PAYTM_SIM_{name.upper().replace('-', '_')}": value for name, value in said.items()}
    with running(*flags) if way == "flags" else running(**environ) as (_, url):
        health = requests.get(f"{url}/_sim/health", timeout=10).json()
        assert health["mid"] == "OTHERMID"
        assert health["settings"]["settle_after"] == 7
        assert health["settings"]["webhook_url"] == "http://hooks.test/x"
        assert db.exists()


def test_the_banner_names_the_merchant_and_says_what_this_is_not() -> None:
    with running() as (process, url):
        lines = [process.stdout.readline() for _ in range(7)]
    assert "This is not Paytm" in lines[0]
    assert MID in lines[1]
    assert any(f"{url}/_sim/" in line and "paytm-simulator instruments" in line for line in lines)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_and_takes_its_books_along(number: signal.Signals, tmp_path: Path) -> None:
    with running(TMPDIR=str(tmp_path)) as (process, url):
        assert list(tmp_path.iterdir())
        requests.get(f"{url}/_sim/health", timeout=10)
        process.send_signal(number)
        assert process.wait(timeout=10) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_database_file_keeps_its_books(tmp_path: Path, shop: Shop) -> None:
    flags = ("--db", str(tmp_path / "books.sqlite3"), "--seed", "1")
    with running(*flags) as (_, url), closing(Simulator(url, shop.url)) as first:
        first.initiate()
        first.pay()
    with running(*flags) as (_, url), closing(Simulator(url, shop.url)) as again:
        assert again.result() == ("TXN_SUCCESS", "01")
        again.initiate("ORD-2")  # the seed draws ids that exist: it goes on to the next
        again.pay("ORD-2")
        assert again.order("ORD-2")["captured_amount"] == "249.50"


def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = run("--port", str(taken.getsockname()[1]))
    assert ended.returncode == 2
    assert ended.stdout == ""
    [line] = ended.stderr.splitlines()
    assert "--port" in line


@pytest.mark.parametrize("value", ["production", " Production "])
def test_it_does_not_start_in_production(value: str) -> None:
    ended = run("--port", "0", PAYTM_ENVIRONMENT=value)
    assert ended.returncode == 2
    assert "PAYTM_ENVIRONMENT" in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--key", "short"], "--key"),
        (["--mid", "has space"], "--mid"),
        (["--mid", "M" * 21], "--mid"),
        (["--website", "https://x"], "--website"),
        (["--port", "70000"], "--port"),
        (["--settle-after", "-1"], "--settle-after"),
        (["--settle-after", "nan"], "--settle-after"),
        (["--seed", "x"], "--seed"),
        (["--allow-host", "http://x/"], "--allow-host"),
        (["--webhook-url", "https://shop.example/x"], "--webhook-url"),
        (["--webhook-url", "http://localhost/" + "x" * 250], "--webhook-url: Must be a URL of at most 255"),
        (["--host", "a b"], "--host"),
        (["--colour", "blue"], "--colour"),
    ],
)
def test_a_wrong_switch_is_named(flags: list[str], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = cli.main(flags)
    except SystemExit as ended:  # argparse's own way
        code = ended.code
    assert code == 2
    assert named in capsys.readouterr().err


def test_a_wrong_variable_is_named_and_its_value_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAYTM_SIM_KEY", "short-secret")
    assert cli.main([]) == 2
    told = capsys.readouterr().err
    assert "PAYTM_SIM_KEY" in told
    assert "short-secret" not in told


def test_the_instruments_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["instruments"]) == 0
    told = capsys.readouterr().out
    for shown in ("success@demo", "4111111111111111", "SDBL", "7777777777", "123123"):
        assert shown in told


def test_manage_py_runs_the_same_simulator() -> None:
    command = [sys.executable, "manage.py", "paytm_simulator", "--port=0", "--mid=MANAGED", "--key=managed#key&0001"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PAYTM_")}
    with ended_at_last(command, clean, cwd=ROOT) as process:
        assert requests.get(f"{address(process)}/_sim/health", timeout=10).json()["mid"] == "MANAGED"
        shown = Path(f"/proc/{process.pid}/cmdline")
        assert not shown.exists() or b"managed#key" not in shown.read_bytes()


def test_another_allowed_host_is_named_at_start(shop: Shop) -> None:
    flags = ("--allow-host", "shop.test", "--allow-host", "two.test,three.test")
    with running(*flags) as (_, url), closing(Simulator(url, shop.url)) as client:
        for number, host in enumerate(("shop.test", "two.test", "three.test")):
            assert client.refusal(f"ORD-{number}", callbackUrl=f"https://{host}/cb/") == ("S", "0000")
        assert client.refusal("ORD-9", callbackUrl="https://four.test/cb/") == ("F", "1001")
        page = client.get(f"/pay/{client.token('ORD-0', callbackUrl='https://shop.test/cb/')}/")
        assert "https://shop.test:*" in page.headers["Content-Security-Policy"]


def test_nothing_is_sent_to_itself(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = f"http://localhost:{port}/_sim/reset"
    ended = run("--port", str(port), "--webhook-url", own)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "--webhook-url: Refused: it is the simulator's own address" in ended.stderr
    with running("--port", str(port)) as (_, url), closing(Simulator(url, url)) as client:
        assert client.refusal(callbackUrl=own) == ("F", "1001")
        answer = client.http.put(f"{url}/_sim/settings", json={"webhook_url": own}, timeout=10)
        assert (answer.status_code, answer.json()["error"]["field"]) == (400, "webhook_url")


def test_a_signal_that_another_thread_gets_ends_it() -> None:
    told = """
import signal, threading
from paytm_kit.simulator.run import server
ended = server.until_told_to_end()
threading.Thread(target=lambda: signal.pthread_kill(threading.get_ident(), signal.SIGTERM)).start()
print(ended.recv(1)[0] == signal.SIGTERM)
"""
    ended = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, timeout=10, cwd=ROOT)
    assert ended.stdout == "True\n", ended.stderr


def test_the_connection_that_was_silent_for_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 3)
    monkeypatch.setattr(server, "SILENT", 0.05)
    listening = server.bind("127.0.0.1", 0)

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "2")])
        return [b"OK"]

    thread = server.start(listening, answer)
    silent = [socket.create_connection(listening.server_address[:2], timeout=5) for _ in range(3)]
    try:
        began = time.monotonic()
        assert requests.get(f"http://127.0.0.1:{listening.server_port}/", timeout=5).text == "OK"
        assert time.monotonic() - began < 3
        assert silent[0].recv(1) == b""
        silent[2].settimeout(0.05)
        with pytest.raises(TimeoutError):
            silent[2].recv(1)
    finally:
        for connection in silent:
            connection.close()
        listening.finish(2)
        thread.join()


def test_the_turn_to_write_goes_to_whoever_has_waited_longest() -> None:
    turn, came = Turn(), []

    def write(number: int) -> None:
        turn.acquire()
        came.append(number)
        turn.release()

    turn.acquire()
    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for number, writer in enumerate(writers, 1):
        writer.start()
        eventually(lambda number=number: len(turn._waiting) == number, "the writer waits")
    turn.release()
    for writer in writers:
        writer.join()
    assert came == list(range(8))
    turn.acquire()


# ---- bad requests ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/nothing", "/theia/api/v1/other", "/order/status/", "/v3/order/"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_an_unknown_path_has_paytms_error_json(sim: Simulator, method: str, path: str) -> None:
    answer = sim.http.request(method, sim.url + path, timeout=10)
    assert answer.status_code == 404
    assert answer.json()["errorDetails"]["code"] == 404
    assert answer.json()["errorDetails"]["errorCode"] == "SVE-003"


@pytest.mark.parametrize("path", ["/theia/api/v1/initiateTransaction", "/v3/order/status", "/order/status"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_a_wrong_method_is_405_in_json(sim: Simulator, method: str, path: str) -> None:
    answer = sim.http.request(method, sim.url + path, timeout=10)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert answer.json()["errorDetails"]["code"] == 405


@pytest.mark.parametrize("path", ["/theia/api/v1/initiateTransaction", "/order/process", "/_sim/reset", "/nothing"])
def test_more_than_a_megabyte_is_413(sim: Simulator, path: str) -> None:
    answer = sim.post(path, data=b"x" * (1_048_576 + 1), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["errorDetails"]["code"] == 413
    assert sim.get("/_sim/health").json()["status"] == "ok"


def test_just_under_a_megabyte_is_read(sim: Simulator) -> None:
    path = f"/theia/api/v1/initiateTransaction?mid={MID}&orderId=ORD-1"
    answer = sim.post(path, data=b"x" * 1_048_576, headers={"Content-Type": "application/json"})
    assert answer.json()["body"]["resultInfo"]["resultCode"] == "1001"


def raw(sim: Simulator, text: bytes) -> bytes:
    host, port = sim.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(text)
        received = b""
        while chunk := connection.recv(65_536):
            received += chunk
        return received


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"Content-Length: -5", b"400"),
        (b"Content-Length: many", b"400"),
        (b"Content-Length: " + b"9" * 5000, b"400"),
        (b"Transfer-Encoding: chunked", b"411"),
        (b"Content-Length: 99999999999999", b"413"),
    ],
)
def test_a_body_of_unknown_or_absurd_length_is_refused(sim: Simulator, headers: bytes, status: bytes) -> None:
    request = b"POST /v3/order/status HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers + b"\r\n\r\n"
    if status == b"413":
        host, port = sim.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(64).startswith(b"HTTP/1.1 413")
    else:
        assert raw(sim, request).startswith(b"HTTP/1.1 " + status)


CHARSETS = ("hex", "rot13", "base64", "zlib", "punycode", "undefined", "idna", "utf-16")
KINDS = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json")


@pytest.mark.parametrize("kind", KINDS)
def test_a_charset_is_not_believed(sim: Simulator, kind: str) -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--\r\n'
    body = part if "multipart" in kind else b"a=%ff"
    for charset in CHARSETS:
        for path in ("/order/process?a=%ff", "/theia/api/v1/showPaymentPage", "/v3/order/status", "/_sim/orders/O/pay"):
            answer = sim.post(path, data=body, headers={"Content-Type": f"{kind}; charset={charset}"})
            assert answer.status_code in (200, 400, 404), (charset, path)


@pytest.mark.parametrize("kind", ["text/plain; charset*=hex''61", "multipart/form-data; boundary=x"])
def test_a_name_in_a_charset_that_is_none_is_400_at_worst(sim: Simulator, kind: str) -> None:
    body = b"--x\r\nContent-Disposition: form-data; name*=hex''41\r\n\r\nv\r\n--x--\r\n"
    assert sim.post("/order/process", data=body, headers={"Content-Type": kind}).status_code == 400


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/_sim/orders/%00", None),
        ("/nothing%00", None),
        ("/_sim/messages?order_id=%00", None),
        ("/_sim/messages?%00=x", None),
        ("/_sim/watch/faults/on", "fault=%00"),
        ("/theia/api/v1/showPaymentPage", "mid=%00&orderId=O&txnToken=T"),
        ("/merchant-status/getTxnStatus", "%00=x"),
    ],
)
def test_nul_is_refused_before_any_database_sees_it(sim: Simulator, path: str, form: str | None) -> None:
    headers = {"Content-Type": KINDS[0]}
    answer = sim.get(path) if form is None else sim.post(path, data=form, headers=headers)
    assert answer.status_code == 400
    assert "could not be read" in answer.text


def test_a_name_that_no_file_can_have_is_404(sim: Simulator) -> None:
    assert sim.get("/_sim/assets/" + "a" * 300).status_code == 404


def test_a_foreign_host_header_is_refused(sim: Simulator) -> None:
    answer = sim.get("/_sim/health", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "The request could not be read."


@pytest.mark.parametrize("path", ["/order/process", "/theia/api/v1/showPaymentPage"])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff\xfe%ff", "application/x-www-form-urlencoded"),
        (b"a=1&" * 2000, "application/x-www-form-urlencoded"),
        (b"%00=%00&MID=%00", "application/x-www-form-urlencoded"),
        (b"garbage", "multipart/form-data; boundary=x"),
        (b"garbage", "multipart/form-data"),
        (b"{}", "application/json"),
        (b"", ""),
    ],
)
def test_garbage_at_the_doors_for_browsers_is_a_calm_page(sim: Simulator, path: str, body: bytes, kind: str) -> None:
    page = sim.post(path, data=body, headers={"Content-Type": kind})
    assert page.status_code == 400
    assert "This is not Paytm." in page.text


@pytest.mark.parametrize("path", ["/v3/order/status", "/order/process", "/_sim/orders", "/pay/x/", "/nothing"])
def test_thousands_of_query_fields_are_no_error_of_ours(sim: Simulator, path: str) -> None:
    for method in ("GET", "POST"):
        answer = sim.http.request(method, f"{sim.url}{path}?{'a=1&' * 3000}", timeout=10)
        assert 200 <= answer.status_code < 500


def test_every_answer_says_that_it_must_not_be_stored_or_sniffed(sim: Simulator) -> None:
    for answer in (sim.get("/_sim/health"), sim.get("/nothing"), sim.status()):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Length"] == str(len(answer.content))


# ---- many at once ----------------------------------------------------------------------------------------------


def test_twenty_clients_at_once_all_succeed(sim: Simulator, shop: Shop) -> None:
    sim.settings(webhook_url=shop.url + shop.hook)

    def shopper(number: int) -> str:
        with closing(Simulator(sim.url, shop.url)) as client:
            for turn in range(3):
                order_id = f"ORD-{number}-{turn}"
                assert sealed(client.initiate(order_id))
                client.pay(order_id, deliver=["callback", "webhook"])
                assert client.result(order_id) == ("TXN_SUCCESS", "01")
            return client.order(order_id)["captured_amount"]

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(shopper, range(20))) == ["249.50"] * 20
    hooks = shop.heard(shop.hook, 60)
    assert len({form["ORDERID"] for form in hooks}) == len(hooks) == 60
    assert len({row["transactions"][0]["txn_id"] for row in sim.get("/_sim/orders").json()["orders"]}) == 60


def test_twenty_clicks_at_once_capture_once(sim: Simulator) -> None:
    token = sim.token()

    def click(number: int) -> int:
        body = {"vpa": "success@demo"} if number % 2 else {}
        where = "method/upi" if number % 2 else "case/success"
        return requests.post(f"{sim.url}/pay/{token}/{where}", data=body, timeout=20).status_code

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(click, range(20))) == {200}
    assert sim.order()["captured_amount"] == "249.50"
    assert len([row for row in sim.order()["transactions"] if row["status"] == "success"]) == 1


def test_twenty_equal_initiates_at_once_give_one_token(sim: Simulator) -> None:
    def begin(number: int) -> tuple[str, str]:
        with closing(Simulator(sim.url, "http://127.0.0.1:9")) as client:
            body = client.initiate().json()["body"]
            return body["resultInfo"]["resultCode"], body["txnToken"]

    with ThreadPoolExecutor(20) as pool:
        got = list(pool.map(begin, range(20)))
    assert sorted(code for code, _ in got) == ["0000"] + ["0002"] * 19
    assert len({token for _, token in got}) == 1
