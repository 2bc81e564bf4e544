"""Texts of Django that shoppers can meet and whose Hindi it lacks or garbles. Marked here, they are in our catalogue.

Our catalogue goes before Django's, so nothing imports this module: makemessages reads it.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop, ngettext_lazy

FIELDS = [gettext_noop("username"), gettext_noop("Password")]

SIGN_IN = [
    gettext_noop("Please enter a correct %(username)s and password. Note that both fields may be case-sensitive."),
    gettext_noop("This account is inactive."),
]

VALIDATION = [
    gettext_noop("This field is required."),
    gettext_noop("Enter a whole number."),
    gettext_noop("Null characters are not allowed."),
    gettext_noop("Ensure this value is greater than or equal to %(limit_value)s."),
    ngettext_lazy(
        "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
        "limit_value",
    ),
]

MONTHS = [gettext_noop("September"), gettext_noop("November"), gettext_noop("December")]
