"""How many requests the API takes of one caller: an outer layer that keeps load away, and nothing to rely on.

Counted in Django's cache, which is each process's own unless the site shares one. What protects payments is counted in
the database (``services/limits``).
"""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from paytm_kit import conf
from paytm_kit.api.authentication import callers
from paytm_kit.logs import EventLog

log = EventLog("paytm_kit.api")


class ScopedThrottle(SimpleRateThrottle):
    """The rate of the view's ``throttle_scope`` in API_THROTTLES; a view without one is not throttled."""

    def __init__(self) -> None:
        """The rate depends on the view, so it is looked up when a request comes."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        self.scope = getattr(view, "throttle_scope", None)
        rate = conf.api().api_throttles.get(self.scope or "")
        if rate is None:
            return True
        self.rate, (self.num_requests, self.duration) = "as set", rate
        try:
            return super().allow_request(request, view)
        except Exception as error:  # noqa: BLE001 - a cache that is down must not keep anybody from paying
            log.error("api.not_throttled", error=f"{type(error).__name__}: {error}")
            return True

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"paytm_kit.api.{self.scope}.{callers(request)[0]}"
