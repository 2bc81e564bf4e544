"""``/v1/notifications``: the certificate, and the check of a notice's signature.

Source: developer.paypal.com/api/webhooks/v1/verify-webhook-signature-post.
"""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse

from paytm_kit.simulator.door import Answer
from paytm_kit.standins.door import api
from paytm_kit.standins.models import Party
from paytm_kit.standins.parties import PAYPAL
from paytm_kit.standins.paypal import certificate, errors
from paytm_kit.standins.paypal.asked import Body, Done, call

FIELDS = ("auth_algo", "cert_url", "transmission_id", "transmission_sig", "transmission_time", "webhook_id")


@api(PAYPAL, "status", errors.refuse, "GET")
def certs(request: HttpRequest, party: Party, name: str) -> Answer:
    """The certificate that a notice names, with its issuer's, in PEM. No token is needed."""
    try:
        if name != certificate.name():
            return Answer(errors.Wrong("INVALID_RESOURCE_ID", "/cert").response())
        return Answer(HttpResponse(certificate.pem(), content_type="application/x-pem-file"))
    except ImportError as error:
        return Answer(errors.refuse(request, 503, str(error)), verdict=str(error))


@call("status", "POST")
def verify(request: HttpRequest, party: Party, said: Body) -> Done:
    """``webhook_event`` counts as it stands in the body, to the letter."""
    for name in FIELDS:
        if not isinstance(said.get(name), str) or not said[name]:
            raise errors.Wrong("MISSING_REQUIRED_PARAMETER", f"/{name}")
    raw = _raw(request.body.decode("utf-8", "replace"), "webhook_event")
    if raw is None:
        raise errors.Wrong("MISSING_REQUIRED_PARAMETER", "/webhook_event")
    text = certificate.signed_text(said["transmission_id"], said["transmission_time"], said["webhook_id"], raw.encode())
    ours = (
        said["webhook_id"] == party.webhook_secret
        and said["auth_algo"] == certificate.ALGORITHM
        and said["cert_url"].endswith(f"/v1/notifications/certs/{certificate.name()}")
        and certificate.verifies(text, said["transmission_sig"])
    )
    return Done({"verification_status": "SUCCESS" if ours else "FAILURE"})


def _raw(text: str, wanted: str) -> str | None:
    """The text of one member's value in a JSON object, exactly as it is written there; the last one counts."""
    decoder, found = json.JSONDecoder(), None
    at = _blank(text, text.index("{") + 1)
    while text[at] != "}":
        name, at = decoder.raw_decode(text, at)
        start = _blank(text, _blank(text, at) + 1)  # behind the colon
        _, at = decoder.raw_decode(text, start)
        if name == wanted:
            found = text[start:at]
        at = _blank(text, at)
        if text[at] == ",":
            at = _blank(text, at + 1)
    return found


def _blank(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at
