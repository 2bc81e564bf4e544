"""An address below the API's own that nothing stands at."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from paytm_kit.api.base import ApiView
from paytm_kit.api.problems import Problem


class Nowhere(ApiView):
    """Before anything else: no method and no sign-in makes a difference."""

    schema = None
    takes_cards_out = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Problem("not_found", "There is nothing at this address. /v1/docs below the API lists what there is.")
