"""The settings of one endpoint that our own webhooks go to."""

from __future__ import annotations

from paytm_kit.conf import words
from paytm_kit.conf.tables import casts
from paytm_kit.conf.tables.choices import OUTGOING_EVENTS
from paytm_kit.conf.tables.setting import REQUIRED, Setting

ENDPOINT_SETTINGS = (
    Setting("URL", "URL", casts.text, REQUIRED, "Where to: https://host/path."),
    Setting(
        "SECRET",
        "SECRET",
        casts.verbatim,
        REQUIRED,
        "What signs: whsec_ and 24 to 64 random bytes in base64; manage.py paytm_deliver --new-secret makes one. Keep "
        "it in the environment.",
    ),
    Setting(
        "PREVIOUS_SECRET",
        "PREVIOUS_SECRET",
        casts.verbatim,
        "",
        "During a rotation: the old secret, which signs as well until the other side knows the new one.",
    ),
    Setting(
        "EVENTS",
        "EVENTS",
        words.some_of(*OUTGOING_EVENTS),
        OUTGOING_EVENTS,
        f"What it is told: {', '.join(OUTGOING_EVENTS)}. By default all.",
    ),
    Setting("ENABLED", "ENABLED", casts.boolean, True, "true or false: false writes and sends nothing for it."),
    Setting(
        "ALLOW_PRIVATE",
        "ALLOW_PRIVATE",
        casts.boolean,
        False,
        "true or false: it may be at an address that is not public, such as 10.0.0.5 or this machine.",
    ),
)
