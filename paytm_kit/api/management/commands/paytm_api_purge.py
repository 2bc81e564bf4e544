"""``manage.py paytm_api_purge``: deletes answers that need not be remembered any longer. Run it once a day."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from paytm_kit.api import idempotency


class Command(BaseCommand):
    help = (
        "Deletes what was remembered for Idempotency-Keys longer than API_IDEMPOTENCY_HOURS ago. Safe to stop and to "
        "repeat. Exit code 0: done."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"remembered answers: {idempotency.purge(timezone.now())} removed")
