"""Tokens of programs at the desk: whose they are, when they were last used, and "revoke". They are made by command.

No role sees them by itself: a token acts as its user, so this page is for whoever looks after the site's users.
"""

from __future__ import annotations

from django.contrib import admin
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from paytm_kit.admin import badges
from paytm_kit.admin.acting import Act, Refused
from paytm_kit.admin.desk import DeskAdmin
from paytm_kit.api import tokens
from paytm_kit.api.models import ApiToken

State = ApiToken.State
badges.LOOKS[ApiToken] = {
    State.GOOD: ("●", badges.GOOD),
    State.REVOKED: ("✕", badges.QUIET),
    State.OVER: ("⌛", badges.QUIET),
    State.NO_USER: ("■", badges.WAIT),
}


def _revoke(token: ApiToken, actor: str, reason: str) -> str:
    if not tokens.revoke(token.pk):
        raise Refused(_ended(token))
    return gettext("Revoked: %(token)s opens nothing any more.") % {"token": token}


def _ended(token: ApiToken) -> str:
    return gettext("Revoked already: %(token)s.") % {"token": token}


REVOKE = Act(
    name="revoke",
    action="revoke",
    audit="token.revoke",
    right="paytm_kit_api.change_apitoken",
    label=_("Revoke…"),
    explains=_(
        "The program that uses it is refused from its next request on. This cannot be undone: if it is still needed, "
        "make a new one with manage.py paytm_api_token."
    ),
    do=_revoke,
    why_not=lambda token: "" if token.revoked_at is None else _ended(token),
)


@admin.register(ApiToken)
class ApiTokenAdmin(DeskAdmin):
    list_display = ("name", "begins", "how", "user", "created_at", "expires_at", "used_on")
    list_select_related = ("user",)
    search_fields = ("name", "=prefix")
    search_help_text = _("A part of the name, or how the token begins: ptk_ and eight characters.")
    ordering = ("-pk",)
    acts = (REVOKE,)
    fields = ("name", "begins", "how", "user", "created_at", "expires_at", "revoked_at", "used_on")
    readonly_fields = ("begins", "how")

    @admin.display(description=_("begins with"), ordering="prefix")
    def begins(self, token: ApiToken) -> str:
        return f"{token.prefix}…"

    @admin.display(description=_("state"))
    def how(self, token: ApiToken) -> SafeString:
        state = token.state(timezone.now())
        return badges.badge(ApiToken, state, str(state.label))
