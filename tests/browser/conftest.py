"""The browser, the simulator and the shop that the purchases happen in: real processes and sockets, no mocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from demo_site.content_policy import policy
from demo_site.shop.seed import seed
from tests.browser.chromium import PATIENCE, launch
from tests.browser.shopper import Shopper
from tests.browser.simulator import MERCHANT_ID, MERCHANT_KEY, Simulator
from tests.browser.truth import Truth
from tests.browser.watch import Watch


@pytest.fixture(scope="session")
def browser(pytestconfig: pytest.Config) -> Browser:
    return launch(pytestconfig)


@pytest.fixture(scope="session")
def running_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    simulator = Simulator(tmp_path_factory.mktemp("simulator"))
    yield simulator
    simulator.stop()


@pytest.fixture
def simulator(
    running_simulator: Simulator, transactional_db: None, live_server: LiveServer, settings: Any
) -> Iterator[Simulator]:
    """The simulator with empty books, and the seeded shop tied to it as ``.env`` would do it."""
    running_simulator.reset(webhook_url=f"{live_server.url}/paytm/webhook/")
    settings.PAYTM_ENVIRONMENT = "simulator"
    settings.PAYTM_FLOW = "hosted"
    settings.PAYTM_KIT = shop_settings(live_server.url, running_simulator.url)
    settings.CONTENT_SECURITY_POLICY = policy("simulator", running_simulator.url)
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    seed()
    yield running_simulator
    running_simulator.wait_for_webhooks()
    running_simulator.reset()


def shop_settings(shop: str, gateway: str) -> dict[str, object]:
    """PAYTM_KIT of a shop at ``shop`` that pays through ``gateway``."""
    account = {
        "ENVIRONMENT": "simulator",
        "HOST": gateway,
        "MERCHANT_ID": MERCHANT_ID,
        "MERCHANT_KEY": MERCHANT_KEY,
        "WEBSITE": "WEBSTAGING",
    }
    return {"BASE_URL": shop, "ACCOUNTS": {"default": account}}


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def new_shopper(
    simulator: Simulator, browser: Browser, live_server: LiveServer, watch: Watch
) -> Iterator[Callable[..., Shopper]]:
    """Another person with a browser of their own each time; keywords are Playwright's, such as java_script_enabled."""
    contexts = []

    def make(**options: object) -> Shopper:
        context = browser.new_context(**{"locale": "en-IN", **options})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        watch.over(context)
        return Shopper(context.new_page(), live_server.url)

    yield make
    for context in contexts:
        context.close()
    watch.check()


@pytest.fixture
def shopper(new_shopper: Callable[..., Shopper]) -> Shopper:
    return new_shopper()


@pytest.fixture
def truth(simulator: Simulator) -> Truth:
    return Truth(simulator)
