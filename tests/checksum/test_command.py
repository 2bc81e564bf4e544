"""manage.py paytm_checksum: what it prints, how it ends, where it takes the key from."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from paytm_kit.checksum import sign, verify
from paytm_kit.management.commands.paytm_checksum import Command
from tests.checksum import FORM, KEY, OTHER_KEY, joined, peer_sign

FIELDS = [f"--form={name}={value}" for name, value in FORM.items()]
BODY = '{"mid":"FAKEMID0000000000001","name":"₹"}'


@pytest.fixture(autouse=True)
def merchant_key(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path  # so that no .env of the machine's is read
    settings.PAYTM_KIT = {"ACCOUNTS": {"default": {"ENVIRONMENT": "staging", "MERCHANT_ID": "FAKEMID0000000000001"}}}
    monkeypatch.setenv("PAYTM_MERCHANT_KEY", KEY)


def run(*arguments: str) -> tuple[int, str]:
    """The exit code and everything that was printed."""
    printed = io.StringIO()
    try:
        call_command(Command(), *arguments, stdout=printed, stderr=printed)
    except SystemExit as end:
        return int(end.code or 0), printed.getvalue()
    return 0, printed.getvalue()


def refused(*arguments: str) -> str:
    """The message of a run that ends with 2: one line, and no key in it."""
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    message = str(caught.value)
    assert caught.value.returncode == 2
    assert "\n" not in message
    assert KEY not in message
    return message


def test_sign_prints_the_signature_alone() -> None:
    code, printed = run("sign", *FIELDS)
    assert code == 0
    assert verify(FORM, printed.removesuffix("\n"), KEY)


def test_verify_ends_with_0_or_1() -> None:
    assert run("verify", *FIELDS, "--signature", sign(FORM, KEY)) == (0, "The signature matches.\n")
    code, printed = run("verify", *FIELDS, "--signature", sign(FORM, OTHER_KEY))
    assert (code, printed) == (1, "The signature does not match; try explain.\n")


def test_a_form_may_carry_its_signature() -> None:
    assert run("verify", *FIELDS, f"--form=CHECKSUMHASH={sign(FORM, KEY)}")[0] == 0


def test_explain_prints_the_code_and_the_remedy() -> None:
    code, printed = run("explain", *FIELDS, "--form=csrfmiddlewaretoken=x", "--signature", sign(FORM, KEY))
    assert code == 1
    assert printed.startswith("field_added: ")
    assert "csrfmiddlewaretoken" in printed
    assert run("explain", *FIELDS, "--signature", sign(FORM, KEY)) == (
        0,
        "matches: The signature matches the payload.\n",
    )


def test_json_comes_as_text_from_a_file_or_from_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "body.json"
    file.write_text(BODY, encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BODY.encode())))
    signature = sign(BODY, KEY)
    for source in (["--json-text", BODY], ["--json", str(file)], ["--json", "-"]):
        assert run("verify", *source, "--signature", signature) == (0, "The signature matches.\n")


def test_a_newline_at_the_end_of_a_file_is_pointed_out_and_counts(tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_text(BODY + "\n", encoding="utf-8")
    code, printed = run("explain", "--json", str(file), "--signature", sign(BODY, KEY))
    assert code == 1
    assert "ends with a newline" in printed
    assert "whitespace: White space differs" in printed


def test_values_may_hold_equals_signs_and_be_empty() -> None:
    assert run("verify", "--form=A=x=y", "--form=B=", "--signature", peer_sign("x=y|")) == (
        0,
        "The signature matches.\n",
    )


# ---- keys


def test_several_variables_are_a_rotation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEW_KEY", OTHER_KEY)
    rotation = ["--key-env", "NEW_KEY", "--key-env", "PAYTM_MERCHANT_KEY"]
    code, printed = run("explain", *FIELDS, "--signature", sign(FORM, KEY), *rotation)
    assert code == 0
    assert printed.startswith("older_key: ")
    assert "Only one key signs" in refused("sign", *FIELDS, *rotation)


def test_a_key_with_every_awkward_character_comes_through_an_env_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = "a#b c&d@e'f\"g$h%"
    monkeypatch.delenv("PAYTM_MERCHANT_KEY")
    (tmp_path / ".env").write_text(f"PAYTM_MERCHANT_KEY={key}\n", encoding="utf-8")
    assert run("verify", *FIELDS, "--signature", peer_sign(joined(FORM), key)) == (0, "The signature matches.\n")


@pytest.mark.parametrize("action", ["sign", "verify", "explain"])
def test_a_key_of_the_wrong_length_names_whose_it_is(action: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYTM_MERCHANT_KEY", "Inv3nted")
    message = refused(action, *FIELDS, "--signature", sign(FORM, KEY))
    assert message.startswith('account "default": The merchant key has 8 bytes')
    assert "Inv3nted" not in message
    message = refused(action, *FIELDS, "--signature", sign(FORM, KEY), "--key-env", "PAYTM_MERCHANT_KEY")
    assert message.startswith("PAYTM_MERCHANT_KEY: The merchant key has 8 bytes")


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAYTM_MERCHANT_KEY")
    assert "MERCHANT_KEY of account" in refused("sign", *FIELDS)
    named = refused("sign", *FIELDS, "--key-env", "OTHER_KEY")
    assert named == "OTHER_KEY is set neither in the environment nor in .env."


def test_an_env_file_that_is_not_utf8_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PAYTM_MERCHANT_KEY")
    (tmp_path / ".env").write_bytes(b"PAYTM_MERCHANT_KEY=Inv3nted\xff")
    assert "could not be read" in refused("sign", *FIELDS)
    named = refused("sign", *FIELDS, "--key-env", "PAYTM_MERCHANT_KEY")
    assert named == "PAYTM_MERCHANT_KEY: the .env file cannot be read (UnicodeDecodeError)."


def test_an_accounts_old_key_verifies_and_its_new_one_signs(settings: Any) -> None:
    account = {"ENVIRONMENT": "staging", "MERCHANT_ID": "FAKEMID0000000000001", "MERCHANT_KEY": OTHER_KEY}
    settings.PAYTM_KIT = {"ACCOUNTS": {"tickets": {**account, "PREVIOUS_MERCHANT_KEY": KEY}}}
    assert run("verify", *FIELDS, "--account", "tickets", "--signature", sign(FORM, KEY))[0] == 0
    assert verify(FORM, run("sign", *FIELDS, "--account", "tickets")[1].strip(), OTHER_KEY)
    assert 'There is no account "default"' in refused("sign", *FIELDS)


def test_a_key_on_the_command_line_is_refused() -> None:
    assert "shell's history" in refused("sign", *FIELDS, "--key", KEY)


# ---- bad input


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sign", "--form", "MID"], "'MID' has no equals sign"),
        (["sign", "--form", "=x"], "has no name"),
        (["sign", "--form", "A=1", "--form", "A=1"], "'A' is given twice"),
        (["verify", *FIELDS], "verify needs the signature"),
        (["explain", "--json-text", "{}"], "explain needs the signature"),
        (["sign", "--json", "/nonexistent/body.json"], "cannot be read: No such file"),
        (["sign", "--json", "/"], "cannot be read: Is a directory"),
        (["sign", "--json-text", "\ud800"], "lone surrogate"),
    ],
)
def test_bad_input_is_one_clear_line(arguments: list[str], said: str) -> None:
    assert said in refused(*arguments)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_bytes(b'{"a":"\xff"}')
    assert "is not UTF-8: byte 6" in refused("sign", "--json", str(file))


@pytest.mark.parametrize(
    "arguments", [["sign"], ["sign", "--form", "A=1", "--json-text", "{}"], ["forge", "--form", "A=1"], []]
)
def test_wrong_usage_is_refused_by_the_parser(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        run(*arguments)
