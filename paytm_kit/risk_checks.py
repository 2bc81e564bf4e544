"""System checks of limits and risk rules: a setting that cannot be read, and each rule that is wrong, by its name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from paytm_kit import conf
from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.risk.rules import Action
from paytm_kit.risk.verdicts import rulebook

NOWHERE = "django.core.mail.backends.dummy.EmailBackend"


@register("paytm_kit")
def check_risk(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Whatever is wrong here lets shoppers pay without being counted or looked at: hence errors."""
    try:
        conf.raw()
    except ConfigurationError:
        return []  # check_settings says so
    try:
        found = conf.risk()
    except ConfigurationError as error:
        hint = "Until it is mended nothing is counted and no rule is looked at."
        return [Error(str(error), hint=hint, id="paytm_kit.E040")]
    return [*_limits(found), *_rules(found), *_subjects(found), *_codes(found)]


def _limits(found: conf.RiskSettings) -> Iterator[CheckMessage]:
    for problem in found.limits.problems:
        yield Error(
            f"LIMITS, {_sentence(problem)}",
            hint="Its usual limit is in force until it is mended. Write kind=count/time, such as customer=10/10m.",
            id="paytm_kit.E044",
        )


def _sentence(text: object) -> str:
    return str(text) if str(text).endswith("?") else f"{text}."


def _rules(found: conf.RiskSettings) -> Iterator[CheckMessage]:
    for problem in found.risk_rules.problems:
        yield Error(
            f"RISK_RULES: {_sentence(problem)}",
            hint="It is left out until it is mended; the others are in force. docs/risk.md has the form of a rule.",
            id="paytm_kit.E041",
        )


def _subjects(found: conf.RiskSettings) -> Iterator[CheckMessage]:
    if found.device_cookie_days:
        return
    blind = [rule.name for rule in found.risk_rules.rules if any("device_" in str(one) for one in rule.conditions)]
    if blind and found.risk_rules != rulebook("default"):
        yield Warning(
            f"No browser is known, so these rules never hold: {', '.join(blind)}.",
            hint="Set DEVICE_COOKIE_DAYS, or leave these rules out.",
            id="paytm_kit.W042",
        )


def _codes(found: conf.RiskSettings) -> Iterator[CheckMessage]:
    asks = [rule.name for rule in found.risk_rules.rules if rule.action is Action.VERIFY]
    if asks and settings.EMAIL_BACKEND == NOWHERE:
        yield Warning(
            f"Rules ask for a code by e-mail ({', '.join(asks)}), but EMAIL_BACKEND sends nothing.",
            hint="Set EMAIL_BACKEND to one that sends: else these shoppers cannot pay.",
            id="paytm_kit.W043",
        )
