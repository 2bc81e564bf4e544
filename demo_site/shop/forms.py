"""What shoppers may send us, checked on the server."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from demo_site.shop.models import MAX_QUANTITY, Order
from demo_site.shop.ways import Way


class QuantityForm(forms.Form):
    """How many of one product; 0 means take it out of the cart."""

    quantity = forms.IntegerField(
        label=_("Quantity"),
        min_value=0,
        max_value=MAX_QUANTITY,
        error_messages={"max_value": _("We send at most %(limit_value)s of one product per order.")},
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


class CheckoutForm(forms.ModelForm):
    """Whom the order is for and where it goes."""

    mobile = forms.CharField(
        label=_("Mobile (optional)"),
        required=False,
        max_length=20,
        help_text=_("Ten digits, for the courier."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )
    pin_code = forms.CharField(
        label=_("PIN code"),
        error_messages={"required": _("Please enter the PIN code.")},
        validators=[RegexValidator(r"\A[1-9][0-9]{5}\Z", _("A PIN code has six digits, such as 560001."))],
        widget=forms.TextInput(attrs={"autocomplete": "postal-code", "inputmode": "numeric", "maxlength": 6}),
    )

    class Meta:
        model = Order
        fields = ["name", "email", "mobile", "address", "city", "pin_code"]
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
            "address": forms.TextInput(attrs={"autocomplete": "street-address"}),
            "city": forms.TextInput(attrs={"autocomplete": "address-level2"}),
        }
        error_messages = {
            "name": {"required": _("Please enter your full name.")},
            "email": {
                "required": _("Please enter your e-mail address."),
                "invalid": _("An e-mail address looks like asha@example.com."),
            },
            "address": {"required": _("Please enter house number and street.")},
            "city": {"required": _("Please enter the town or city.")},
        }

    def clean_mobile(self) -> str:
        """The ten digits, without spaces, dashes, +91 or a leading 0."""
        given = re.sub(r"[ \-]", "", self.cleaned_data["mobile"])
        if not given:
            return ""
        found = re.fullmatch(r"(?:\+91|0)?([6-9][0-9]{9})", given)
        if not found:
            raise forms.ValidationError(_("An Indian mobile number has ten digits, such as 90000 00001."))
        return found[1]


class PayForm(forms.Form):
    """Which of the order's ways the shopper takes. Never an amount: that comes from the order."""

    way = forms.ChoiceField(label=_("How to pay"), widget=forms.RadioSelect)

    def __init__(self, offered: list[Way], *args: Any, **kwargs: Any) -> None:
        self._offered = {way.value: way for way in offered}
        usual = f"default.{settings.PAYTM_FLOW}"
        chosen = usual if usual in self._offered else next(iter(self._offered), None)
        super().__init__(*args, **{"initial": {"way": chosen}, **kwargs})
        self.fields["way"].choices = list(self._offered.items())  # type: ignore[attr-defined]

    def clean_way(self) -> Way:
        """The way itself."""
        return self._offered[self.cleaned_data["way"]]
