"""``manage.py demo``: starts both servers, tells where they are, stops both, and says clearly why it cannot."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from django.conf import settings as django_settings
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from demo_site.shop.children import Child, ChildFailed

MANAGE = Path(django_settings.BASE_DIR) / "manage.py"


def a_free_pair() -> int:
    """The first of two neighbouring free ports, below those that systems give to whoever asks for any (from 32768)."""
    for port in range(10000 + os.getpid() % 5000 * 4, 32700, 2):
        with socket.socket() as one, socket.socket() as two:
            try:
                one.bind(("127.0.0.1", port))
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise RuntimeError("no free pair of ports")


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def child(code: str, port: int = 9) -> Child:
    return Child("sample", [sys.executable, "-c", code], os.environ, f"http://127.0.0.1:{port}/", threading.Event())


@pytest.fixture
def busy() -> Iterator[socket.socket]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", a_free_pair() + 1))  # the port before it is free
        taken.listen()
        yield taken


# ---- Why it cannot start ----


@pytest.mark.parametrize(("offset", "whose"), [(0, "the shop"), (-1, "the simulator")])
def test_a_port_in_use_is_named_with_the_way_out(
    busy: socket.socket, settings: Settings, offset: int, whose: str
) -> None:
    settings.PAYTM_ENVIRONMENT = "simulator"
    number = busy.getsockname()[1]
    with pytest.raises(CommandError, match=rf"Port {number}, which {whose} needs, is in use.*PORT=9\d\d0 make demo"):
        call_command("demo", port=number + offset)


def test_the_simulators_port_does_not_matter_when_paytm_itself_is_asked(
    busy: socket.socket, settings: Settings
) -> None:
    settings.PAYTM_ENVIRONMENT = "staging"
    with pytest.raises(CommandError, match="the shop"):
        call_command("demo", port=busy.getsockname()[1])


@pytest.mark.parametrize("port", [0, 80, 65535, 70000])
def test_an_impossible_port_is_refused(port: int) -> None:
    with pytest.raises(CommandError, match="PORT=9000 make demo"):
        call_command("demo", port=port)


def test_the_demo_takes_no_real_money(settings: Settings) -> None:
    settings.PAYTM_ENVIRONMENT = "production"
    with pytest.raises(CommandError, match="PAYTM_ENVIRONMENT is production"):
        call_command("demo", port=9000)


# ---- The processes ----


def test_a_child_that_dies_is_named_with_its_last_lines() -> None:
    dying = child("print('first'); print('the reason'); raise SystemExit(3)")
    with pytest.raises(ChildFailed, match=r"sample ended by itself \(exit code 3\)(.|\n)*the reason"):
        dying.wait_until_it_answers(threading.Event())
    dying.stop()


def test_a_child_that_never_answers_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo_site.shop.children.READY_WITHIN", 0.2)
    mute = child("import time; time.sleep(60)")
    with pytest.raises(ChildFailed, match="The sample does not answer at http"):
        mute.wait_until_it_answers(threading.Event())
    mute.stop()


def test_stopping_does_not_wait_for_a_child_that_is_still_starting() -> None:
    stop = threading.Event()
    stop.set()
    slow = child("import time; time.sleep(60)")
    slow.wait_until_it_answers(stop)
    slow.stop()
    with pytest.raises(ChildFailed, match="exit code -15"):
        slow.check()


def test_a_child_that_ignores_the_polite_signal_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo_site.shop.children.STOP_WITHIN", 0.2)
    stubborn = child(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"
    )
    deadline = time.monotonic() + 10
    while "on" not in stubborn.last_lines and time.monotonic() < deadline:
        time.sleep(0.02)
    stubborn.stop()
    with pytest.raises(ChildFailed, match="exit code -9"):
        stubborn.check()


def test_its_lines_are_relayed_only_once_the_banner_is_out(capsys: pytest.CaptureFixture[str]) -> None:
    talking = child("import sys; [print(line.strip(), flush=True) for line in sys.stdin]; print('quiet')")
    talking.stop()
    assert capsys.readouterr().out == ""
    relay = threading.Event()
    relay.set()
    loud = Child("sample", [sys.executable, "-c", "print('hello')"], os.environ, "http://127.0.0.1:9/", relay)
    with pytest.raises(ChildFailed):
        loud.wait_until_it_answers(threading.Event())
    loud.stop()
    assert capsys.readouterr().out == "sample    | hello\n"


# ---- The whole of it ----


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_opens_shop_and_simulator_tells_where_they_are_and_stops_both(tmp_path: Path, ending: int) -> None:
    port = a_free_pair()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PAYTM_")} | {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'shop.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "demo_site.settings",
        "PAYTM_ENVIRONMENT": "simulator",
        "PAYTM_SIM_DB": str(tmp_path / "simulator.sqlite3"),
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, str(MANAGE), "demo"]
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, env=environ, **pipe) as demo:
        too_slow = threading.Timer(60, demo.terminate)
        too_slow.start()
        try:
            banner = ""
            for line in demo.stdout:
                banner += line
                if "Ctrl-C" in line:
                    break
            assert "Ctrl-C" in banner, banner
            shop = requests.get(f"http://127.0.0.1:{port}/", timeout=10)
            simulator = requests.get(f"http://127.0.0.1:{port + 1}/_sim/health", timeout=10)
            demo.send_signal(ending)
            rest, _ = demo.communicate()
        finally:
            too_slow.cancel()
            demo.terminate()
    addresses = [f"http://127.0.0.1:{port}/", f"http://127.0.0.1:{port + 1}/_sim/", f"http://127.0.0.1:{port}/admin/"]
    logins = ["asha      demo-pass", "staff     demo-pass"]
    instruments = ["success@demo", "4111111111111111"]
    assert [promised for promised in addresses + logins + instruments if promised not in banner] == []
    assert "Masala Chai" in shop.text
    assert simulator.ok
    assert "Stopped: simulator and shop." in rest
    assert demo.returncode == 0
    assert not is_open(port)
    assert not is_open(port + 1)
