"""``manage.py paytm_openapi``: shows the API's OpenAPI document, or compares it with the committed one."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from paytm_kit.api import document


class Command(BaseCommand):
    help = (
        "Prints the OpenAPI 3.1 document of the REST API as JSON. Exit code 0: done, or with --check the committed "
        "document is up to date. 1: it is not."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only compare it with the committed document")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["check"]:
            made = document.text()
            document.validate(json.loads(made))
            self.stdout.write(made, ending="")
        elif document.FILE.read_text(encoding="utf-8") != document.text():
            raise CommandError("The committed document is out of date: run make openapi.")
