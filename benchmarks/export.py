"""How much memory the export of a long list takes, in the very process that serves it: real HTTP, a real database.

Run from the project's root, on a database of its own that ``paytm_seed`` has filled:

    DATABASE_URL=postgres://postgres@127.0.0.1:5432/trial python manage.py migrate
    DATABASE_URL=postgres://postgres@127.0.0.1:5432/trial python manage.py paytm_seed --payments 200000
    DATABASE_URL=postgres://postgres@127.0.0.1:5432/trial python -m benchmarks.export

It starts one gunicorn worker, signs in, takes the whole list out as CSV and as XLSX, and reads the peak of the worker's
resident memory from /proc (Linux). Exit code 1: a file had another number of rows, or the peak was above the limit.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import requests

LIMIT = 150  # MB
EXPORT = "/admin/paytm_kit/payment/export/"
USER = "export-benchmark"
MAKE_USER = f"""
from django.contrib.auth.models import User
user, _ = User.objects.get_or_create(username="{USER}", defaults=dict(is_staff=True, is_superuser=True))
user.set_password("benchmark-only")
user.save()
from paytm_kit.models import Payment
print("payments:", Payment.objects.count())
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=int, default=LIMIT, help=f"megabytes of the serving process ({LIMIT})")
    wanted = parser.parse_args()
    made = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", MAKE_USER], check=True, capture_output=True, text=True
    )
    payments = int(re.search(r"payments: (\d+)", made.stdout)[1])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["gunicorn", "demo_site.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--timeout", "900"]
    server = subprocess.Popen(
        [sys.executable, "-m", *command], env={**os.environ, "DEBUG": "true"}, stderr=subprocess.DEVNULL
    )
    try:
        return measure(f"http://127.0.0.1:{port}", server.pid, payments, wanted.limit)
    finally:
        server.terminate()
        server.wait(timeout=30)


def measure(site: str, master: int, payments: int, limit: int) -> int:
    browser = sign_in(site)
    worker = int(Path(f"/proc/{master}/task/{master}/children").read_text().split()[0])
    print(f"payments: {payments}; worker before: {peak(worker)} MB")
    good = True
    for kind in ("csv", "xlsx"):
        begun = time.monotonic()
        size, rows = take(browser, site, kind)
        highest = peak(worker)
        print(
            f"{kind}: {rows} rows, {size / 1e6:.1f} MB in {time.monotonic() - begun:.0f} s; "
            f"worker's peak so far: {highest} MB (limit {limit})"
        )
        good = good and rows == payments and highest <= limit
    return 0 if good else 1


def sign_in(site: str) -> requests.Session:
    browser = requests.Session()
    for _ in range(60):
        try:
            page = browser.get(f"{site}/admin/login/", timeout=30)
            break
        except requests.ConnectionError:
            time.sleep(0.5)
    form = {"username": USER, "password": "benchmark-only", "csrfmiddlewaretoken": token(page.text)}
    browser.post(f"{site}/admin/login/?next=/admin/", form, headers={"Referer": site}, timeout=30).raise_for_status()
    return browser


def token(page: str) -> str:
    return re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[-1]


def take(browser: requests.Session, site: str, kind: str) -> tuple[int, int]:
    """The file's size in bytes and its rows, below the head."""
    form = {"csrfmiddlewaretoken": token(browser.get(site + EXPORT, timeout=60).text), "format": kind}
    with tempfile.TemporaryFile() as file:
        answer = browser.post(site + EXPORT, form, headers={"Referer": site}, stream=True, timeout=900)
        answer.raise_for_status()
        for piece in answer.iter_content(1 << 16):
            file.write(piece)
        size = file.tell()
        file.seek(0)
        if kind == "csv":
            return size, sum(1 for _ in file) - 1
        with zipfile.ZipFile(file) as book, book.open("xl/worksheets/sheet1.xml") as sheet:
            rows = sum(piece.count(b"</row>") for piece in sheet)
        return size, rows - 1


def peak(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return round(int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1000)


if __name__ == "__main__":
    sys.exit(main())
