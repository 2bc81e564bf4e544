"""The Content-Security-Policy: our pages load our own files and, for payments, the gateway's; nothing is inline."""

from __future__ import annotations

from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE

# Paytm publishes no list of its hosts for a policy. Its pages redirect between hosts of these two domains, and
# browsers apply form-action to redirects, too.
PAYTM_HOSTS = ["https://*.paytmpayments.com", "https://*.paytm.in"]


def policy(environment: str, host: str = "") -> dict[str, Any]:
    """django-csp's setting for one gateway environment. ``host`` is where the simulator runs, ``http://host:port``."""
    simulated = environment == "simulator"
    gateway = [host] if simulated else PAYTM_HOSTS
    # Paytm's pop-up (JS Checkout) writes inline styles into the page that opens it; the simulator's does not.
    popup_styles = [] if simulated else [*gateway, UNSAFE_INLINE]
    return {
        "DIRECTIVES": {
            "default-src": [NONE],
            "script-src": [SELF, *gateway],
            "style-src": [SELF, *popup_styles],
            "img-src": [SELF, "data:", *gateway],
            "font-src": [SELF, *gateway],
            "connect-src": [SELF, *gateway],
            "frame-src": [SELF, *gateway],
            "form-action": [SELF, *gateway],
            "frame-ancestors": [NONE],
            "base-uri": [NONE],
        }
    }
