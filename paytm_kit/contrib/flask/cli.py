"""``flask paytm <command …>``: Django's management commands, the kit's among them."""

from __future__ import annotations

import click
from django.core.management import BaseCommand, ManagementUtility
from django.urls import set_script_prefix
from flask import current_app
from flask.cli import with_appcontext


class _Commands(ManagementUtility):
    """Addresses in letters and findings are those of the app as it is mounted: APPLICATION_ROOT says where."""

    def fetch_command(self, subcommand: str) -> BaseCommand:
        set_script_prefix(current_app.config["APPLICATION_ROOT"] or "/")
        return super().fetch_command(subcommand)


@click.command(
    "paytm",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []},
    short_help="The payments' commands: migrate, createsuperuser, paytm_doctor, paytm_reconcile …",
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@with_appcontext
def paytm(words: tuple[str, ...]) -> None:
    """Runs a management command as ``manage.py`` does; without one it lists them all."""
    _Commands(["flask paytm", *words]).execute()
