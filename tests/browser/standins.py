"""The stand-ins of the other gateways: as a shopper meets their page, and as a test asks their control plane."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from demo_site.accounts import webhook_addresses
from paytm_kit.models import Payment
from tests.browser.simulator import Simulator, until


class StandIns:
    """Beside the simulator, on the same server."""

    def __init__(self, simulator: Simulator, shop: str) -> None:
        self._simulator = simulator
        for gateway, url in webhook_addresses(shop).items():
            self._ask("PUT", f"parties/{gateway}", {"webhook_url": url})

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._simulator._ask(method, f"standins/{path}", body)

    def order(self, payment: Payment) -> dict[str, Any]:
        """What their books say of this payment."""
        return self._ask("GET", f"orders/{payment.gateway_reference or payment.gateway_order_id}")

    def decide(self, payment: Payment, outcome: str) -> None:
        """The bank's late answer, "success" or "failure"; returns when the shop has had its webhook."""
        self._ask("POST", f"orders/{self.order(payment)['id']}/decide", {"outcome": outcome})
        self.wait_for_webhooks()

    def decide_refund(self, refund_id: str, outcome: str) -> None:
        self._ask("POST", f"refunds/{refund_id}/decide", {"outcome": outcome})
        self.wait_for_webhooks()

    def go_wrong(self, fault: str) -> None:
        self._ask("POST", "faults", {"fault": fault})

    def refunds(self, payment: Payment) -> list[dict[str, Any]]:
        return [refund for capture in self.order(payment)["captures"] for refund in capture["refunds"]]

    def wait_for_webhooks(self) -> None:
        """Returns once every webhook has had its first answer."""
        until(lambda: all(hook["attempts"] for hook in self._ask("GET", "webhooks")["webhooks"]), "every webhook came")


def press(page: Page, button: str) -> None:
    """One of the buttons on the stand-in's page."""
    page.get_by_role("button", name=button, exact=True).click()
