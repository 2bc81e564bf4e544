"""What keeps people out of a page, as axe finds it, and the way to a page that is really there when axe looks."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page

SERIOUS = {"serious", "critical"}


def barriers(page: Page) -> list[tuple[str, list[str]]]:
    """All that axe finds, whatever its weight: the rule and the elements that break it."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found]


def serious(page: Page, leaving_out: list[list[str]] | None = None) -> list[str]:
    """What axe finds that keeps people out: rule, reason and the elements."""
    found = Axe().run(page, {"exclude": leaving_out} if leaving_out else None).response["violations"]
    return [
        f"{fault['id']}: {fault['help']} ({'; '.join(str(node['target']) for node in fault['nodes'])})"
        for fault in found
        if fault["impact"] in SERIOUS
    ]


def too_wide(page: Page) -> list[str]:
    """Whether the page must be pushed sideways to be read."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{wide} pixels too wide"] if wide > 0 else []


def leave_by(button: Locator) -> None:
    """Presses what leads to another page, and waits until that page is loaded.

    A click is over when the request for the next page is on its way. What then asks the page itself, as axe does,
    would ask the old page, or one that is half gone; only Playwright's own expectations wait by themselves.
    """
    with button.page.expect_navigation():
        button.click()
