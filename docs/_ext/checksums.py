"""Every reason why a checksum does not match: how it comes about in an example, and what ``explain`` says of that very
example.

Each example is a payload, a signature and a key that together make ``explain`` give the reason; the build stops where
they do not.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

from docs._ext.markdown import code

KEY, OTHER = "Inv3nted#Key&@1!", "An0ther_Key$%^*2"
FORM = {
    "MID": "FAKEMID0000000000001",
    "ORDERID": "ORD-QX7T2",
    "TXNAMOUNT": "249.50",
    "STATUS": "TXN_SUCCESS",
    "RESPMSG": "Txn Success",
    "BANKTXNID": "",
    "CUST_NAME": "Asha D'Souza & Söhne",
}
BODY = '{"mid":"FAKEMID0000000000001","orderId":"ORD-QX7T2","custName":"Asha Söhne","back":"https://shop.example.com/?a=1"}'

Case = tuple[Any, Any, Any]  # payload, signature, key


def _joined(form: dict[str, str]) -> str:
    return "|".join(form[name] for name in sorted(form))


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _signed(payload: Any, key: str = KEY, salt: str = "sA1t") -> str:
    from paytm_kit.checksum import sign

    return sign(payload, key, salt=salt)


def _plusses() -> str:
    """A signature in which both special characters of Base64 stand."""
    found = (_signed(FORM, salt=f"{number:04}") for number in range(1000))
    return next(each for each in found if "+" in each and "/" in each)


def _form(there: dict[str, str] | str, here: dict[str, Any] | None = None) -> Callable[[], Case]:
    """``there`` was signed, ``here`` is verified."""
    text = there if isinstance(there, str) else _joined(there)
    return lambda: (FORM if here is None else here, _signed(text), KEY)


def _json(there: str, here: str = BODY) -> Callable[[], Case]:
    return lambda: (here, _signed(there), KEY)


def _spelt(change: Callable[[str], Any]) -> Callable[[], Case]:
    return lambda: (FORM, change(_plusses()), KEY)


def _key(given: str, used: str = KEY) -> Callable[[], Case]:
    return lambda: (FORM, _signed(FORM, used), given)


EXAMPLES: dict[str, tuple[str, Callable[[], Case]]] = {
    "matches": ("The form is signed and verified with the same key.", _key(KEY)),
    "older_key": (
        "The key was rotated in the dashboard; a webhook that was signed before arrives after.",
        lambda: (FORM, _signed(FORM, KEY), [OTHER, KEY]),
    ),
    "signature_missing": ("`CHECKSUMHASH` is not in the form.", _spelt(lambda _: None)),
    "signature_plus_lost": ("`ab+cd` arrives as `ab cd`.", _spelt(lambda text: text.replace("+", " "))),
    "signature_url_encoded": ("`ab+cd=` is passed on as `ab%2Bcd%3D`.", _spelt(quote_plus)),
    "signature_html_escaped": ("`ab+cd` is passed on as `ab&#43;cd`.", _spelt(lambda t: t.replace("+", "&#43;"))),
    "signature_wrapped": ("A new line or a quote stands beside it.", _spelt(lambda text: f'"{text}"\n')),
    "signature_url_safe": (
        "`ab+cd/ef` was converted to `ab-cd_ef`.",
        _spelt(lambda text: text.replace("+", "-").replace("/", "_")),
    ),
    "signature_not_canonical": (
        "The last letter before `=` is another one.",
        _spelt(lambda text: text[:-2] + chr(ord(text[-2]) + 1) + "="),
    ),
    "signature_truncated": ("A column holds 100 characters.", _spelt(lambda text: text[:100])),
    "signature_too_long": ("One `=` too many.", _spelt(lambda text: text + "=")),
    "signature_malformed": ("A SHA-256 was passed instead.", _spelt(lambda _: "0123456789abcdef" * 4)),
    "signature_damaged": (
        "One letter in the middle is another one.",
        _spelt(lambda text: text[:55] + ("A" if text[55] != "A" else "B") + text[56:]),
    ),
    "wrong_key": ("The staging key verifies what production signed.", _key(OTHER)),
    "key_wrapped": ("`PAYTM_MERCHANT_KEY` was read with the quotes or the line end around it.", _key(f'"{KEY}"\n')),
    "key_html_escaped": ("`&` became `&amp;` in a web form.", _key(html.escape(KEY))),
    "key_url_encoded": ("`#` became `%23` on its way into the environment.", _key(quote(KEY))),
    "key_cut_or_padded": ("A key of 24 characters, of which PHP used 16.", _key("k" * 20 + "1234", "k" * 16)),
    "payload_unusable": (
        "An amount is a number instead of text.",
        lambda: ({**FORM, "TXNAMOUNT": 249}, _signed(FORM), KEY),
    ),
    "null_values": (
        'Node signed the word `null`, which Python, PHP and Java sign as empty text.',
        _form({**FORM, "BANKTXNID": "null"}, {**FORM, "BANKTXNID": "null"}),
    ),
    "field_added": (
        "Django's CSRF token is verified along with the form.",
        _form(FORM, {**FORM, "csrfmiddlewaretoken": "c" * 64}),
    ),
    "field_missing": (
        "The form parser dropped the empty `BANKTXNID`.",
        _form(FORM, {name: value for name, value in FORM.items() if value}),
    ),
    "checksum_field_signed": (
        "Java signed the form with an old `CHECKSUMHASH` in it.",
        _form({**FORM, "CHECKSUMHASH": "stale"}, {**FORM, "CHECKSUMHASH": "stale"}),
    ),
    "key_order": ("The values were joined in the order in which they were written.", _form("|".join(FORM.values()))),
    "whitespace": ("`ORD-QX7T2` was signed with a space behind it.", _form({**FORM, "ORDERID": "ORD-QX7T2 "})),
    "encoding": (
        "`Söhne` was encoded twice before it was signed.",
        _form({**FORM, "CUST_NAME": FORM["CUST_NAME"].encode().decode("latin-1")}),
    ),
    "html_escaped": (
        "`&` was signed as `&amp;`.",
        _form({**FORM, "CUST_NAME": html.escape(FORM["CUST_NAME"])}),
    ),
    "url_encoded": (
        "The values were signed before the form was decoded.",
        _form({name: quote(value, safe="") for name, value in FORM.items()}),
    ),
    "number_spelling": ("`249.50` was signed as `249.5`.", _form({**FORM, "TXNAMOUNT": "249.5"})),
    "other_scheme": ("The form was signed as if it were JSON.", _form(_compact(dict(sorted(FORM.items()))))),
    "json_reserialised": (
        "The answer was parsed and written again, with spaces, before it was verified.",
        _json(BODY, json.dumps(json.loads(BODY))),
    ),
    "json_envelope": (
        "The whole message was verified instead of its `body`.",
        _json(BODY, f'{{"head":{{}},"body":{BODY}}}'),
    ),
    "json_quoted": ("The text was put into JSON once more, as a string.", _json(BODY, json.dumps(BODY))),
    "payload_truncated": ("A proxy cut the body off.", _json(BODY, BODY[:60])),
    "payload_too_large": ("Something of 70 000 characters that was not signed.", _json(BODY, "x" * 70_000)),
    "payload_differs": ("Somebody changed the amount to `1.00`.", _form(FORM, {**FORM, "TXNAMOUNT": "1.00"})),
}  # fmt: skip


def explained(name: str) -> Any:
    """What ``explain`` says of the example of this reason."""
    from paytm_kit.checksum import explain

    payload, signature, key = EXAMPLES[name][1]()
    return explain(payload, signature, key)


def pages() -> str:
    from paytm_kit.checksum import Reason

    found = []
    for reason in Reason:
        said = explained(reason.value)
        if said.reason is not reason:
            raise ValueError(f"The example of {reason} gives {said.reason}: {said.text}")
        found.append(f"### {reason.value}\n\n{EXAMPLES[reason.value][0]}\n\n{_told(reason.value, said.text)}")
    return "\n\n".join(found)


def _told(name: str, text: str) -> str:
    """As a quotation in which nothing of the text is taken for markup."""
    plain = re.sub(r"([*_`\[\]\\])", r"\\\1", html.escape(text, quote=False))
    return f"> {code(name)}: {plain}"
