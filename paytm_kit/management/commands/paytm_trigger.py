"""``manage.py paytm_trigger success --order ORDERID``: sends a callback or webhook to this project as Paytm would."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.urls import NoReverseMatch

from paytm_kit import conf
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.models import Payment
from paytm_kit.services import checkout
from paytm_kit.simulator.triggers import cli

PRODUCTION = 'Account "{}" is set to production: nobody but Paytm writes to it. Use a staging or simulator account.'


class Command(BaseCommand):
    help = (
        "Sends a signed (or, with --tamper, broken) callback or webhook to this project's own URLs or to --url. "
        "It is not Paytm; a message alone makes nothing paid. Exit code 1: an answer of 500 or none. 2: wrong usage."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        cli.add_arguments(parser)
        parser.add_argument("--account", default="default", help="whose MID, key and URLs (default: %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            code = cli.run(options, lambda: _merchant(options), self.stdout.write)
        except (cli.UsageError, ConfigurationError, NoReverseMatch) as error:
            raise CommandError(str(error), returncode=2) from error
        if code:
            raise CommandError("A message was answered with 500 or more, or not at all.", returncode=code)


def _merchant(options: dict[str, Any]) -> cli.Merchant:
    """Who this project is by its settings, and what it knows of the order. Raises UsageError, ConfigurationError."""
    account = conf.account(options["account"])
    if account.environment == "production":
        raise cli.UsageError(PRODUCTION.format(account.name))
    urls = {}
    if not options["url"]:
        urls = {channel: checkout.callback_url(account.name, channel=channel) for channel in ("callback", "webhook")}
    return cli.Merchant(account.merchant_id, account.key, urls, _amount(options, account.name))


def _amount(options: dict[str, Any], account: str) -> str:
    if options["amount"]:
        return str(options["amount"])
    try:
        payment = Payment.objects.filter(account=account, gateway_order_id=options["order"]).first()
    except DatabaseError as error:
        why = f"The amount of {options['order']} cannot be looked up ({error}). Run migrate first, or give --amount."
        raise cli.UsageError(why) from error
    return str(payment.amount) if payment else ""
