"""The demo shop's mail: nothing is sent; each letter is laid into a folder, to be opened in a browser or an editor."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone


class EmailBackend(BaseEmailBackend):
    """Writes ``<time>-to-<whom>.txt`` (headers and text) and, beside it, ``.html``."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(parents=True, exist_ok=True)
        for message in messages:
            whom = re.sub(r"[^a-z0-9]+", "-", message.to[0].partition("@")[0].lower()).strip("-")
            name = f"{timezone.localtime():%Y%m%d-%H%M%S}-to-{whom}-{secrets.token_hex(2)}"
            # Not message.message(): there a subject with a rupee sign is encoded.
            head = (f"Subject: {message.subject}", f"From: {message.from_email}", f"To: {', '.join(message.to)}")
            (folder / f"{name}.txt").write_text("\n".join((*head, "", str(message.body))), encoding="utf-8")
            for html, _ in getattr(message, "alternatives", ()):
                (folder / f"{name}.html").write_text(str(html), encoding="utf-8")
        return len(messages)
