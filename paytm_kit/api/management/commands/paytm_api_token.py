"""``manage.py paytm_api_token``: makes, lists and revokes tokens of programs."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from paytm_kit.api import tokens
from paytm_kit.api.models import ApiToken
from paytm_kit.management.ledger import actor
from paytm_kit.services import audit


class Command(BaseCommand):
    help = (
        "Makes a token with which a program acts as a user, and shows it once; or lists tokens, or revokes one. "
        "Give the user only the permissions that the program needs. Exit code 0: done. 1: no such user or token."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--user", help="username of the user that the program acts as")
        what.add_argument("--list", action="store_true", help="show all tokens (never their text)")
        what.add_argument("--revoke", type=int, metavar="NUMBER", help="end the token with this number")
        parser.add_argument("--name", default="program", help="what uses it, such as 'mobile app'")
        parser.add_argument("--days", type=int, help="days until it is over; without it never")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            self._list()
        elif options["revoke"] is not None:
            self._revoke(options["revoke"])
        else:
            self._make(options["user"], options["name"], options["days"])

    def _make(self, username: str, name: str, days: int | None) -> None:
        users = get_user_model()
        if days is not None and not 1 <= days <= 3650:
            raise CommandError("--days must be from 1 to 3650.")
        user = users._default_manager.filter(**{users.USERNAME_FIELD: username}).first()
        if user is None:
            raise CommandError("There is no user of this name.")
        row, text = tokens.make(user, name, days=days)
        audit.by_command(actor(), "token.make", row, detail=f"for {username}")
        self.stdout.write(f"Token {row.pk} for {username}. It is shown this once:")
        self.stdout.write(text)

    def _list(self) -> None:
        now = timezone.now()
        for row in ApiToken.objects.select_related("user"):
            state, used = row.state(now).label.lower(), row.used_on or "never"
            self.stdout.write(f"{row.pk}  {row.prefix}…  {row.user.get_username()}  {row.name}  {state}  used {used}")

    def _revoke(self, pk: int) -> None:
        if not tokens.revoke(pk):
            raise CommandError(f"There is no token {pk} that is good.")
        audit.by_command(actor(), "token.revoke", ApiToken.objects.get(pk=pk))
        self.stdout.write(f"Token {pk} opens nothing any more.")
