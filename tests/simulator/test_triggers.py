"""Triggers: files and registry agree, Paytm's own library verifies them, every tamper does what it says."""

from __future__ import annotations

import json
import random
import string
import threading
from datetime import UTC, datetime
from importlib import resources
from typing import Any
from urllib.parse import parse_qsl

import pytest
from paytmchecksum import PaytmChecksum

from paytm_kit.simulator.triggers import cli, message, registry, tampers
from paytm_kit.simulator.triggers.message import Message
from tests.simulator.conftest import KEY, MID, Shop

BY_NAME = {name: registry.load(name) for name in registry.NAMES}
SIGNED = [name for name, trigger in BY_NAME.items() if trigger.signed]
TAMPERS = [tamper.name for tamper in tampers.ALL]


def composed(name: str, *hows: str, **changes: str) -> Message:
    draw = random.Random(7)
    values = message.facts("ORD-1", "249.50", MID, draw, datetime(2031, 1, 2, 4, 41, 12, tzinfo=UTC))
    return cli.compose(BY_NAME[name], values, changes, [tampers.BY_NAME[how] for how in hows], KEY, draw)


def refusal(name: str, how: str) -> str:
    try:
        composed(name, how)
    except cli.UsageError as error:
        return str(error)
    return ""


def verifies(sent: Message) -> bool:
    """Whether Paytm's own library takes the bytes that are sent."""
    raw = sent.body().decode()
    if sent.is_form:
        fields = dict(parse_qsl(raw, keep_blank_values=True))
        signature = fields.pop("CHECKSUMHASH", "")
    else:
        fields, signature = raw[raw.index('"body":') + 7 : -1], json.loads(raw)["head"].get("signature", "")
    try:
        return bool(PaytmChecksum.verifySignature(fields, KEY, signature))
    except (ValueError, IndexError):  # how that library says no to what is no signature
        return False


class Gate(list):
    """The posts of a shop that answers none before the others have come."""

    def __init__(self, inside: threading.Barrier) -> None:
        self.inside = inside

    def append(self, post: Any) -> None:
        super().append(post)
        self.inside.wait(timeout=5)


def command(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = cli.main(words)
    said = capsys.readouterr()
    return code, said.out, said.err


# ---- files and registry ----------------------------------------------------------------------------------------


def test_every_file_is_registered_and_every_name_has_its_file() -> None:
    files = {entry.name.removesuffix(".json") for entry in resources.files("paytm_kit.simulator.triggers").iterdir()
             if entry.name.endswith(".json")}  # fmt: skip
    assert files == set(registry.NAMES)
    assert len(registry.NAMES) == len(files)


@pytest.mark.parametrize("name", registry.NAMES)
def test_a_file_says_what_it_is(name: str) -> None:
    trigger = BY_NAME[name]
    assert trigger.about
    assert trigger.source
    assert trigger.to in ("callback", "webhook")
    assert trigger.format in ("form", "json")
    assert "CHECKSUMHASH" not in trigger.fields
    assert message.placeholders(trigger.fields) <= message.PLACEHOLDERS.keys()
    if trigger.format == "form":
        assert all(isinstance(value, str) for value in trigger.fields.values())


def test_every_placeholder_has_a_value_and_is_asked_for() -> None:
    values = message.facts("ORD-1", "1.00", MID, random.Random(1), datetime.now(UTC))
    asked = set().union(*(message.placeholders(trigger.fields) for trigger in BY_NAME.values()))
    assert values.keys() == message.PLACEHOLDERS.keys() == asked


def test_the_invented_values_have_paytms_shapes() -> None:
    fields = composed("success").fields
    assert fields["TXNID"].startswith("20310102")
    assert len(fields["TXNID"]) == 35
    assert set(fields["BANKTXNID"]) <= set(string.digits)
    assert len(fields["BANKTXNID"]) == 12
    assert fields["TXNDATE"] == "2031-01-02 10:11:12.0"  # Indian time
    assert len(composed("refund-arn").fields["ARN"]) == 23
    assert composed("pre-notify").fields["NOTIFICATIONDATE"] == "02/01/2031 10:11"


def test_the_list_tells_every_trigger_and_every_tamper(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = command(capsys, "--list")
    assert code == 0
    for name, about in [(name, trigger.about) for name, trigger in BY_NAME.items()] + [t[:2] for t in tampers.ALL]:
        assert any(line.split()[:1] == [name] and line.endswith(about) for line in out.splitlines())


# ---- what is signed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SIGNED)
def test_paytms_own_library_verifies_it(name: str) -> None:
    assert verifies(composed(name))


@pytest.mark.parametrize("name", sorted(BY_NAME.keys() - set(SIGNED)))
def test_early_failures_have_no_signature(name: str) -> None:
    assert b"CHECKSUMHASH" not in composed(name).body()


@pytest.mark.parametrize("name", ["webhook-success", "webhook-success-json"])
def test_a_field_that_was_set_is_signed(name: str) -> None:
    sent = composed(name, RESPMSG="Changed")
    assert b"Changed" in sent.body()
    assert verifies(sent)


# ---- tampers ---------------------------------------------------------------------------------------------------

STILL_VERIFIES = {"rename", "resplit"}  # what the signature of a form does not bind


@pytest.mark.parametrize("how", TAMPERS)
def test_a_tamper_changes_what_is_sent(how: str) -> None:
    name = "webhook-success-json" if how == "respace" else "success"
    plain, broken = composed(name), composed(name, how)
    assert broken.body() != plain.body()
    expected = tampers.BY_NAME[how].before or how in STILL_VERIFIES
    if how == "repeat-field":  # which of the two is read decides
        assert broken.body().count(b"TXNAMOUNT=") == 2
    else:
        assert verifies(broken) == expected


@pytest.mark.parametrize("how", TAMPERS)
def test_a_tamper_of_every_trigger_changes_it_or_says_why_not(how: str) -> None:
    why = {name: refusal(name, how) for name in registry.NAMES}
    assert all(not text or text.startswith(f"--tamper {how} does not fit: {name} ") for name, text in why.items())
    fitting = [name for name, text in why.items() if not text]
    assert fitting
    assert all(composed(name, how).body() != composed(name).body() for name in fitting)


def test_the_changes_are_those_that_were_named() -> None:
    def fields(how: str, name: str = "success") -> dict[str, Any]:
        return composed(name, how).fields

    assert fields("amount")["TXNAMOUNT"] == fields("amount-signed")["TXNAMOUNT"] == "1.00"
    assert (fields("status")["STATUS"], fields("status")["RESPCODE"]) == ("TXN_FAILURE", "227")
    assert (fields("status", "failure")["STATUS"], fields("status", "failure")["RESPCODE"]) == ("TXN_SUCCESS", "01")
    assert fields("order")["ORDERID"] == "ORD-1X"
    assert fields("rename")["TXNAMOUNT_"] == "249.50"
    assert "TXNAMOUNT" not in fields("rename")
    assert fields("resplit")["RESPCODE"] == "01|Txn Success"
    assert "RESPMSG" not in fields("resplit")
    assert fields("respcode-1")["RESPCODE"] == "1"
    assert fields("one-decimal")["TXNAMOUNT"] == "249.5"
    assert fields("null")["BANKTXNID"] == fields("null")["GATEWAYNAME"] == "null"
    assert len(fields("oversize")["RESPMSG"]) > 65_536
    assert composed("success", "unsigned").signature is None


def test_tampers_can_be_combined() -> None:
    sent = composed("success", "amount", "unsigned")
    assert sent.fields["TXNAMOUNT"] == "1.00"
    assert sent.signature is None


# ---- sending ---------------------------------------------------------------------------------------------------


def test_one_message_is_sent_and_its_answer_told(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = command(capsys, "success", "--order", "ORD-1", "--amount", "249.5", "--url", f"{shop.url}/callback")
    (form,) = shop.heard("/callback")
    assert (form["ORDERID"], form["TXNAMOUNT"], form["MID"]) == ("ORD-1", "249.50", MID)
    assert code == 0
    assert out.startswith(f"1/1  success  {shop.url}/callback  200  Thanks.  ")
    assert out.endswith(" ms\n")


def test_a_redirect_is_told_and_not_followed(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.answers = [303]
    code, out, _ = command(capsys, "success", "--order", "ORD-1", "--url", f"{shop.url}/callback")
    assert "303  → /elsewhere" in out
    assert (code, len(shop.posts)) == (0, 1)


def test_repeats_are_the_same_message(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    command(capsys, "pending", "success", "--order", "ORD-1", "--repeat", "3", "--url", f"{shop.url}/callback")
    forms = shop.heard("/callback", 6)
    assert [form["STATUS"] for form in forms] == ["PENDING"] * 3 + ["TXN_SUCCESS"] * 3
    assert len({form["CHECKSUMHASH"] for form in forms}) == 2
    assert len({form["TXNID"] for form in forms}) == 1


def test_shuffling_repeats_with_the_seed(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    def order(seed: str) -> list[str]:
        shop.posts.clear()
        words = ("pending", "failure", "success", "--order", "ORD-1", "--repeat", "3", "--shuffle", "--seed", seed)
        command(capsys, *words, "--url", f"{shop.url}/callback")
        return [form["STATUS"] + form["BANKTXNID"] for form in shop.heard("/callback", 9)]

    first = order("7")
    assert order("7") == first
    assert order("8") != first
    assert [text[:5] for text in first] != sorted(text[:5] for text in first)


def test_all_at_once(shop: Shop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    inside = threading.Barrier(5)  # each is answered only when all five are there
    monkeypatch.setattr(shop, "posts", Gate(inside))
    words = ("webhook-success", "--order", "ORD-1", "--repeat", "5", "--at-once", "--url", f"{shop.url}/hook")
    code, out, _ = command(capsys, *words)
    assert (code, len(out.splitlines())) == (0, 5)
    assert len(shop.forms("/hook")) == 5


@pytest.mark.parametrize(("answers", "code"), [([200, 404], 0), ([200, 500, 200], 1), ([503], 1)])
def test_the_exit_code_tells_of_server_errors(
    shop: Shop, capsys: pytest.CaptureFixture[str], answers: list[int], code: int
) -> None:
    shop.answers = list(answers)
    words = ("success", "--order", "ORD-1", "--repeat", str(len(answers)), "--url", f"{shop.url}/callback")
    assert command(capsys, *words)[0] == code


def test_nobody_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = command(capsys, "success", "--order", "ORD-1", "--url", "http://127.0.0.1:9/")
    assert code == 1
    assert "—  no answer: ConnectionError" in out


def test_a_dry_run_sends_nothing_and_shows_no_signature(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("link-payment", "refund-success", "--order", "ORD-1", "--url", f"{shop.url}/hook", "--dry-run")
    code, out, _ = command(capsys, *words)
    assert (code, shop.posts) == (0, [])
    assert "  ORDERID=ORD-1\n" in out
    assert "  orderId=ORD-1\n" in out
    assert "CHECKSUMHASH=[108 characters]" in out
    assert "signature=[108 characters]" in out
    assert "9000000001" not in out
    assert "payer@" not in out


# ---- mistakes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sucess", "--order", "O"], "There is no trigger 'sucess'. Did you mean success?"),
        (["qqqq", "--order", "O"], "There is no trigger 'qqqq'. --list shows them all."),
        (["success", "--order", "O", "--tamper", "amuont"], "There is no tamper 'amuont'. Did you mean amount?"),
        (["success"], "--order ORDERID is needed"),
        ([], "Name what to send, such as success"),
        (["success", "--order", "O"], "--url is needed: where the callback goes."),
        (["success", "--order", "O", "--amount", "1,00"], "--amount '1,00' is not digits"),
        (["success", "--order", "O", "--amount", "0.00"], "--amount 0 is no payment"),
        (["success", "--order", "O", "--repeat", "0"], "--repeat makes 0 messages"),
        (["success", "--order", "O", "--repeat", "201", "--at-once"], "--at-once sends at most 200"),
        (["success", "--order", "O", "--set", "STATUS"], "--set takes NAME=VALUE, not 'STATUS'"),
        (["dispute", "--order", "O", "--tamper", "rename"], "--tamper rename does not fit: dispute is JSON"),
        (["failure", "--order", "O", "--tamper", "respcode-1"], "failure would stay as it is"),
        (["early-failure", "--order", "O", "--tamper", "garbage"], "early-failure is not signed"),
        (["success", "--order", "O", "--key", "short"], "The merchant key cannot sign"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_sent(
    shop: Shop, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    url = [] if "--url" in said else ["--url", f"{shop.url}/callback"]
    code, out, err = command(capsys, *words, *url)
    assert (code, out, shop.posts) == (2, "", [])
    assert said in err


@pytest.mark.parametrize("url", ["https://shop.example.com/cb", "http://user@localhost/cb", "ftp://localhost/", "x"])
def test_only_allowed_hosts_are_written_to(capsys: pytest.CaptureFixture[str], url: str) -> None:
    code, out, err = command(capsys, "success", "--order", "ORD-1", "--url", url)
    assert (code, out) == (2, "")
    assert "Nothing is sent to" in err


def test_another_host_can_be_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("success", "--order", "ORD-1", "--url", "https://shop.example.com/cb", "--dry-run")
    assert command(capsys, *words)[0] == 2
    assert command(capsys, *words, "--allow-host", "shop.example.com")[0] == 0


def test_it_does_not_run_in_production(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, shop: Shop
) -> None:
    monkeypatch.setenv("PAYTM_ENVIRONMENT", "production")
    code, _, err = command(capsys, "success", "--order", "ORD-1", "--url", f"{shop.url}/callback")
    assert (code, shop.posts) == (2, [])
    assert "PAYTM_ENVIRONMENT=production" in err
