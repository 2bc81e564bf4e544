"""``/v1/oauth2/token`` and the tokens: nothing is stored, a token carries its end and our seal."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, JsonResponse

from paytm_kit.simulator import clock
from paytm_kit.simulator.door import Answer
from paytm_kit.standins import ids
from paytm_kit.standins.door import api
from paytm_kit.standins.models import Party
from paytm_kit.standins.parties import PAYPAL
from paytm_kit.standins.paypal import errors

LIFE = timedelta(seconds=32_400)
SCOPE = "https://uri.paypal.com/services/payments/payment https://uri.paypal.com/services/payments/refund"


@api(PAYPAL, "token", errors.refuse, "POST")
def token(request: HttpRequest, party: Party) -> Answer:
    """Client id and secret by HTTP Basic, ``grant_type=client_credentials`` as a form (RFC 6749, 4.4)."""
    if _credentials(request) != (party.identifier, party.key):
        return Answer(errors.unauthorized("invalid_client", "Client Authentication failed"), verdict="invalid_client")
    if request.POST.get("grant_type") != "client_credentials":
        said = {"error": "unsupported_grant_type", "error_description": "This stand-in knows client_credentials only."}
        return Answer(JsonResponse(said, status=400), verdict="unsupported_grant_type")
    nonce = f"{clock.now():%Y-%m-%dT%H:%M:%SZ}{ids.draw(ids.LETTERS, 20)}"
    made = {
        "scope": SCOPE, "access_token": issue(party), "token_type": "Bearer", "app_id": "APP-STANDIN",
        "expires_in": int(LIFE.total_seconds()), "nonce": nonce,
    }  # fmt: skip
    return Answer(JsonResponse(made))


def _credentials(request: HttpRequest) -> tuple[str, str]:
    kind, _, said = request.headers.get("Authorization", "").partition(" ")
    try:
        name, _, secret = base64.b64decode(said, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return (name, secret) if kind.lower() == "basic" else ("", "")


def issue(party: Party) -> str:
    ends = int((clock.now() + LIFE).timestamp())
    return f"A21AA.{ends}.{_seal(party, str(ends))}"


def holds(party: Party, said: str) -> bool:
    """Whether we issued this token to this client and it has not ended."""
    _, _, rest = said.partition("A21AA.")
    ends, _, seal = rest.partition(".")
    if not ends.isascii() or not ends.isdigit() or len(ends) > 12 or not hmac.compare_digest(
        seal.encode("utf-8", "replace"), _seal(party, ends).encode()
    ):  # fmt: skip
        return False
    return clock.now() < datetime.fromtimestamp(int(ends), UTC)


def _seal(party: Party, ends: str) -> str:
    return hmac.new(party.key.encode(), f"{party.identifier}|{ends}".encode(), hashlib.sha256).hexdigest()
