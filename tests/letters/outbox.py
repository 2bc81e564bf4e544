"""Django's outbox in memory, which refuses to wait for a mail server while a transaction is open."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend as Memory
from django.db import connections


class EmailBackend(Memory):
    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        blocks = connections["default"].atomic_blocks
        assert all(getattr(block, "_from_testcase", False) for block in blocks), "sent inside a transaction"
        return super().send_messages(messages)
