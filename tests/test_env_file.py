"""A merchant key reaches the signature exactly as it stands in ``.env``: the commonest cause of "Invalid checksum"."""

from __future__ import annotations

import ast
import re
import tempfile
from collections import Counter
from pathlib import Path

import paytmchecksum
import pytest
from django.conf import settings
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from paytm_kit import checksum, conf
from paytm_kit.gateways.base import Account, ConfigurationError

ROOT = Path(settings.BASE_DIR)
EXAMPLE = (ROOT / "settings.example.env").read_text(encoding="utf-8")
REST = "PAYTM_ENVIRONMENT=staging\nPAYTM_MID=TESTMID0000000000001\nPAYTM_BASE_URL=https://shop.your-domain.in\n"
PAYLOAD = {"MID": "TESTMID0000000000001", "ORDERID": "ORD-1", "TXNAMOUNT": "499.00"}


def account_from(text: str | bytes, encoding: str = "utf-8") -> Account:
    """The account that a site with this ``.env`` has."""
    with tempfile.TemporaryDirectory() as folder:
        raw = text if isinstance(text, bytes) else text.encode(encoding)
        (Path(folder) / ".env").write_bytes(raw)
        with override_settings(BASE_DIR=folder, PAYTM_KIT={}):
            return conf.account()


def key_from(line: str) -> str:
    return account_from(f"{REST}PAYTM_MERCHANT_KEY={line}\n").key


AWKWARD = {
    "hash": "abc#def#12345678",
    "hash first": "#bcdefgh12345678",
    "hash after a space": "abcdefg #1234567",
    "double quote": 'abc"efgh12345678',
    "single quote": "abc'efgh12345678",
    "a quote at one end": "'bcdefgh12345678",
    "another quote at each end": "'bcdefgh1234567\"",
    "both quotes": "a\"c'efgh12345678",
    "spaces": "abc efgh 1234567",
    "ampersand": "abc&efgh&1234567",
    "at": "abc@efgh12345678",
    "equals": "abc=efgh==12345=",
    "equals first": "=bcdefgh12345678",
    "percent": "abc%20gh%%345%s8",
    "dollar": "abc$HOME${X}4567",
    "backslash": "abc\\n\\fgh12345\\\\",
    "backquote": "abc`id`gh1234567",
    "plus and slash": "abc+efgh/123456=",
    "two bytes a character": "ключкл1234",
    "rupee sign": "₹bcdefgh123456",
}


@pytest.mark.parametrize("key", AWKWARD.values(), ids=AWKWARD)
def test_an_awkward_key_survives_and_signs_what_paytm_accepts(key: str) -> None:
    found = key_from(key)
    assert found == key
    assert found.encode() == key.encode()
    assert len(key.encode()) == 16
    assert paytmchecksum.verifySignature(dict(PAYLOAD), key, checksum.sign(PAYLOAD, found))
    assert checksum.verify(PAYLOAD, paytmchecksum.generateSignature(dict(PAYLOAD), key), found)


@pytest.mark.parametrize("quote", ["'", '"'])
@pytest.mark.parametrize("key", AWKWARD.values(), ids=AWKWARD)
def test_quoting_a_key_is_always_right(key: str, quote: str) -> None:
    assert key_from(f"{quote}{key}{quote}") == key


@pytest.mark.parametrize(
    "key", [" bcdefgh1234567 ", "'bcdefgh1234567'", '"bcdefgh1234567"'], ids=["spaces", "single", "double"]
)
def test_a_key_in_spaces_or_quotes_of_its_own_has_to_be_quoted(key: str) -> None:
    assert key_from(f'"{key}"') == key
    assert key_from(key) != key


PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))


@given(st.text(PRINTABLE, min_size=16, max_size=16).filter(str.strip), st.sampled_from("'\""))
def test_every_printable_key_survives_by_the_documented_rule(key: str, quote: str) -> None:
    assert key_from(f"{quote}{key}{quote}") == key
    needs_quotes = key != key.strip() or (key[0] == key[-1] and key[0] in "'\"")
    if not needs_quotes:
        assert key_from(key) == key


@given(st.text(PRINTABLE, min_size=16, max_size=16).filter(str.strip))
def test_what_a_key_from_the_file_signs_verifies_at_paytm(key: str) -> None:
    found = key_from(f'"{key}"')
    assert paytmchecksum.verifySignature(dict(PAYLOAD), key, checksum.sign(PAYLOAD, found))


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeffPAYTM_MERCHANT_KEY=abc#def#12345678\n{REST}",
        (REST + "PAYTM_MERCHANT_KEY=abc#def#12345678").replace("\n", "\r\n"),
        f"# PAYTM_MERCHANT_KEY=commented\n\n{REST}\n  PAYTM_MERCHANT_KEY = abc#def#12345678  \nno equals sign here\n",
    ],
    ids=["byte order mark", "Windows line ends", "comments and blanks"],
)
def test_what_editors_do_to_the_file_does_not_matter(text: str) -> None:
    assert account_from(text).key == "abc#def#12345678"


def test_a_file_in_another_encoding_is_told_as_such() -> None:
    with pytest.raises(ConfigurationError, match=r"could not be read for PAYTM_\w+: UnicodeDecodeError.*UTF-8"):
        account_from(REST + "PAYTM_MERCHANT_KEY=canary\n", encoding="utf-16")


def test_a_settings_ini_of_another_program_is_told_as_such(tmp_path: Path) -> None:
    """decouple prefers settings.ini to .env; its own errors quote the line, which may hold a key."""
    (tmp_path / "settings.ini").write_text("[settings]\nPAYTM_ENVIRONMENT=canary%\n")
    with (
        override_settings(BASE_DIR=tmp_path, PAYTM_KIT={}),
        pytest.raises(ConfigurationError, match=r"settings\.ini") as caught,
    ):
        conf.account()
    assert "canary" not in str(caught.value)


# ---- settings.example.env


def names(text: str) -> list[str]:
    return re.findall(r"^#?([A-Z][A-Z0-9_]*)=", text, re.MULTILINE)


def test_the_example_names_every_setting_of_the_kit_once_and_no_other() -> None:
    found = Counter(name for name in names(EXAMPLE) if name.startswith("PAYTM_"))
    assert found == Counter(conf.variable(setting) for setting in (*conf.ACCOUNT_SETTINGS, *conf.KIT_SETTINGS))


def test_the_example_names_every_variable_that_the_demo_reads_and_no_other() -> None:
    calls = [
        node for node in ast.walk(ast.parse((ROOT / "demo_site/settings.py").read_text())) if isinstance(node, ast.Call)
    ]
    read = {call.args[0].value for call in calls if isinstance(call.func, ast.Name) and call.func.id == "config"}
    assert {name for name in names(EXAMPLE) if not name.startswith("PAYTM_")} == {
        name for name in read if not name.startswith("PAYTM_")
    }


@pytest.mark.parametrize("setting", [*conf.ACCOUNT_SETTINGS, *conf.KIT_SETTINGS], ids=lambda setting: setting.name)
def test_every_setting_of_the_example_stands_under_a_comment(setting: conf.tables.Setting) -> None:
    lines = EXAMPLE.splitlines()
    at = next(n for n, line in enumerate(lines) if line.lstrip("#").startswith(f"{conf.variable(setting)}="))
    above = [line for line in lines[:at] if not re.match(r"#?[A-Z_]+=", line)]
    assert above[-1].startswith("# ")


def test_the_example_works_once_copied() -> None:
    account = account_from(EXAMPLE)
    assert (account.environment, account.key) == ("staging", "your#16&char@key")
    assert len(account.key) == 16


def test_the_defaults_that_the_example_shows_are_the_defaults() -> None:
    """Every commented line, uncommented, changes nothing; a base URL has no default to show."""
    everything = re.sub(r"^#(?=[A-Z][A-Z0-9_]*=)", "", EXAMPLE, flags=re.MULTILINE)
    assert account_from(everything) == account_from(EXAMPLE)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / ".env").write_text(everything)
        with override_settings(BASE_DIR=folder, PAYTM_KIT={}):
            shown = conf.kit()
        with override_settings(BASE_DIR=folder, PAYTM_KIT={s.name: s.default for s in conf.KIT_SETTINGS[1:]}):
            assert shown == conf.kit()


def test_make_never_reads_the_env_file() -> None:
    """make cuts values at "#" and expands "$": a key that went through it would be another one."""
    lines = (ROOT / "Makefile").read_text().splitlines()
    assert [line for line in lines if ".env" in line and not line.startswith("#")] == []
    assert [line for line in lines if re.match(r"[\s@-]*(include|export|source|\.)\s", line)] == []
