"""``python -m docs.screenshots``: takes the manual's pictures from the demo shop, as somebody who buys there sees it.

It starts ``manage.py demo`` with books of its own, buys, and saves ``docs/_static/shots/*.png``. Needs the package
Playwright and Chromium (``CHROMIUM=/path/to/it``). The pictures stand in the repository, below a megabyte in all.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
SHOTS = ROOT / "docs" / "_static" / "shots"
SIZE = {"width": 1000, "height": 640}
PRODUCT = "kashmiri-saffron"
DETAILS = {
    "Full name": "Meera Iyer",
    "E-mail": "meera@example.com",
    "Address": "4 Lake Road",
    "Town or city": "Mysuru",
    "PIN code": "570001",
}

# Name of the picture → what it shows, for the text beside it.
PICTURES = {
    "order": "The demo shop: an order and its ways to pay",
    "payment": "The simulator's payment page",
    "result": "The result page in the shop",
    "walkthrough": "The walkthrough: what just happened on the wire",
    "overview": "The desk's overview",
    "payment-admin": "One payment in the admin, with its timeline",
}


@contextmanager
def demo() -> Iterator[tuple[int, dict[str, str]]]:
    """The demo shop on a free pair of ports, with a database that is gone afterwards: its port, its environment."""
    port = _free_pair()
    with tempfile.TemporaryDirectory() as folder:
        environ = os.environ | {
            "PORT": str(port),
            "DATABASE_URL": f"sqlite:///{folder}/shop.sqlite3",
            "PAYTM_SIM_DB": f"{folder}/simulator.sqlite3",
        }
        program = subprocess.Popen(
            [sys.executable, "manage.py", "demo"], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/")
            yield port, environ
        finally:
            program.terminate()
            program.wait(timeout=20)


def _free_pair() -> int:
    for port in range(20000, 60000, 2):
        with socket.socket() as one, socket.socket() as two:
            try:
                one.bind(("127.0.0.1", port))
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise RuntimeError("no free pair of ports")


def _wait_for(url: str) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            urlopen(url, timeout=2).close()  # noqa: S310 - our own machine
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.3)
        else:
            return


def seed(environ: dict[str, str]) -> None:
    """A week's business, for the overview."""
    words = [sys.executable, "manage.py", "paytm_seed", "--payments", "600", "--days", "7"]
    subprocess.run(words, cwd=ROOT, env=environ, check=True, stdout=subprocess.DEVNULL)  # noqa: S603


def buy(shop: str, shoot: Callable[[str], None], page: Any) -> None:
    """One purchase. ``page`` is Playwright's."""
    page.goto(f"{shop}/product/{PRODUCT}/")
    page.locator(".product").get_by_role("button", name="Add to cart").click()
    page.goto(f"{shop}/checkout/")
    for label, text in DETAILS.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="Place order and choose how to pay").click()
    page.wait_for_url("**/orders/*/")
    shoot("order")
    page.get_by_role("button", name="Pay ₹").first.click()
    page.get_by_label("UPI ID").wait_for()
    shoot("payment")
    page.get_by_label("UPI ID").fill("success@demo")
    page.get_by_role("button", name="Pay by UPI ID").click()
    page.get_by_role("heading", name="Payment received").wait_for()
    shoot("result")
    token = page.url.rstrip("/").rpartition("/")[2]
    page.goto(f"{shop}/walkthrough/{token}/")
    page.get_by_role("heading", name="The string that is signed").scroll_into_view_if_needed()
    page.mouse.wheel(0, 420)
    shoot("walkthrough")


def look(shop: str, shoot: Callable[[str], None], page: Any) -> None:
    """The desk afterwards."""
    page.goto(f"{shop}/admin/login/?next=/admin/paytm_kit/payment/%3Fq=KD-1001")
    page.get_by_label("Username").fill("staff")
    page.get_by_label("Password").fill("demo-pass")
    page.get_by_role("button", name="Log in").click()
    page.evaluate("localStorage.setItem('django.admin.navSidebarIsOpen', 'false')")
    page.locator("#result_list tbody a").first.click()
    page.wait_for_url(lambda url: "/change/" in url)
    shoot("payment-admin")
    page.goto(f"{shop}/admin/paytm_kit/payment/overview/")
    shoot("overview")


def main() -> int:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sys.stderr.write("The screenshots need Playwright: pip install playwright\n")
        return 2
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not program:
        sys.stderr.write("The screenshots need Chromium: apt-get install chromium, or set CHROMIUM=/path/to/it\n")
        return 2
    SHOTS.mkdir(parents=True, exist_ok=True)
    with demo() as (port, environ), sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = chromium.new_context(viewport=SIZE, locale="en-IN", reduced_motion="reduce").new_page()  # type: ignore[arg-type]
        taken: list[str] = []

        def shoot(name: str) -> None:
            page.wait_for_load_state("networkidle")
            page.screenshot(path=SHOTS / f"{name}.png", animations="disabled")
            taken.append(name)

        buy(f"http://127.0.0.1:{port}", shoot, page)
        seed(environ)
        look(f"http://127.0.0.1:{port}", shoot, page)
        chromium.close()
    assert sorted(taken) == sorted(PICTURES), taken
    whole = sum(path.stat().st_size for path in SHOTS.glob("*.png"))
    sys.stdout.write(f"{len(taken)} pictures, {whole // 1024} KiB, in {SHOTS.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
