"""The one Chromium of a test process: Playwright's synchronous API can be started only once in a thread."""

from __future__ import annotations

import os
import shutil

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

QUIETLY = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
).split()
PATIENCE = 15_000  # milliseconds for a page to show what it should

_running = pytest.StashKey[Browser]()


def launch(config: pytest.Config) -> Browser:
    """Chromium, started by whoever asks first and closed with the test process. Skips the test where there is none."""
    if _running in config.stash:
        return config.stash[_running]
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not program:
        missing = "no Chromium here: apt-get install chromium, or set CHROMIUM=/path/to/chromium"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    playwright = sync_playwright().start()
    config.add_cleanup(playwright.stop)
    # Playwright's synchronous API keeps an event loop in this thread, which Django takes for asynchronous code.
    # A test still is ordinary code that waits for each call, so its queries are safe.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE)
    chromium = playwright.chromium.launch(executable_path=program, args=QUIETLY)
    config.add_cleanup(chromium.close)
    config.stash[_running] = chromium
    return chromium
