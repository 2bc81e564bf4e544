"""The demo shop scores full marks, with the file that it ships."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

from django.conf import settings

from paytm_kit.simulator.examine.attacks import ATTACKS
from tests.demo.test_demo_command import MANAGE, a_free_pair
from tests.examine.conftest import Examine

CONFIG = Path(settings.BASE_DIR) / "demo_site" / "examine.toml"
STARTS_WITHIN = 60  # seconds


def test_the_demo_shop_scores_full_marks(tmp_path: Path, examine: Examine) -> None:
    port = a_free_pair()
    foreign = ("PAYTM_", "DJANGO_", "COVERAGE_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    places = {"DATABASE_URL": f"sqlite:///{tmp_path}/shop.sqlite3", "PAYTM_SIM_DB": f"{tmp_path}/bank.sqlite3"}
    command = [sys.executable, str(MANAGE), "demo", "--port", str(port)]
    with (
        (tmp_path / "log").open("w+") as log,
        subprocess.Popen(command, env=clean | places, stdout=subprocess.PIPE, stderr=log, text=True) as demo,
    ):
        too_slow = threading.Timer(STARTS_WITHIN, demo.kill)
        too_slow.start()
        try:
            assert any("Ctrl-C stops everything" in line for line in demo.stdout), (tmp_path / "log").read_text()
            threading.Thread(target=lambda: list(demo.stdout), daemon=True).start()
            too_slow.cancel()
            here = f"http://127.0.0.1:{port}"
            there = f"http://127.0.0.1:{port + 1}"
            examined = examine(str(CONFIG), "--base-url", here, "--simulator", there, "--pause", "0.02")
        finally:
            too_slow.cancel()
            demo.terminate()
            demo.wait(timeout=20)
    assert examined.err == ""
    assert examined.verdicts("let through", "lost", "error 500", "slow", "not run") == {}, examined.out
    assert examined.status == 0
    assert f"Score: {len(ATTACKS)} of {len(ATTACKS)} held." in examined.out
    assert "full marks" in examined.html
