"""The house's own rules, each checked by reading the code: what may import what, what may never be written."""

from __future__ import annotations

import ast
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.core.management import call_command
from django.template.loader import get_template

import paytm_kit

PACKAGE = Path(paytm_kit.__path__[0])
ROOT = PACKAGE.parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)
TEMPLATES = sorted(PACKAGE.glob("templates/**/*.html"))  # the simulator, whose pages play the gateway, has its own


def name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))


def called(call: ast.Call) -> str:
    """The last word of what is called: ``post`` for ``self._session.post(…)``."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


# ---- Rooms


def test_no_room_imports_from_above() -> None:
    """The contracts of setup.cfg: layers, purity, the simulator apart, the demo on public names only."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_any_module_can_be_imported_on_its_own() -> None:
    """Each finds the others not yet imported (only models and what Django registers stay): no order is relied upon.

    A hundred of them in each run, drawn by the seed that also decides the order of the tests.
    """
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in MODULES]
    apart = [
        module for module in names if not module.endswith("__main__") and module != "paytm_kit.simulator.run.settings"
    ]
    script = """
import importlib, sys
import django
django.setup()
for name in sys.argv[1:]:
    before = {key: module for key, module in sys.modules.items() if key.startswith("paytm_kit")}
    for key in before:
        if "models" not in key and "apps" not in key and "admin" not in key and "signals" not in key:
            del sys.modules[key]
    importlib.import_module(name)
"""
    command = [sys.executable, "-W", "error", "-c", script, *random.sample(apart, 100)]
    env = {"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": ""}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, env=env)
    assert done.returncode == 0, done.stderr


def test_the_gateways_and_the_checksum_work_without_django() -> None:
    """import-linter reads imports; this one does without Django."""
    script = """
import sys
sys.modules["django"] = None
import paytm_kit.checksum
from paytm_kit.gateways import build
from paytm_kit.gateways.base import Account
build(Account("default", "paytm", "staging", "TESTMID0000000000001", ("test#Key&1@paytm",)))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.django_db
def test_migrations_are_complete() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


# ---- What is never written


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_module_prints_or_switches_tls_off(path: Path) -> None:
    for call in calls(path):
        if called(call) in ("print", "pprint", "breakpoint"):
            assert path.parts[-2:] in PRINTERS, f"line {call.lineno}"
        for keyword in call.keywords:
            if keyword.arg == "verify":
                assert getattr(keyword.value, "value", None) is True, f"line {call.lineno}"
    assert "CERT_NONE" not in path.read_text()
    assert "_create_unverified_context" not in path.read_text()
    assert "disable_warnings" not in path.read_text()


PRINTERS: set[tuple[str, str]] = {("simulator", "cli.py"), ("simulator", "server.py")}  # programs of their own


def test_every_call_over_http_has_a_timeout() -> None:
    verbs = {"get", "post", "put", "patch", "delete", "head", "options", "request"}
    found = []
    for path in MODULES:
        for call in calls(path):
            owner = ast.unparse(call.func).rpartition(".")[0]
            if called(call) in verbs and (owner == "requests" or owner.endswith("session")):
                found.append(name(path))
                assert "timeout" in {keyword.arg for keyword in call.keywords}, f"{name(path)} line {call.lineno}"
            assert called(call) != "urlopen", name(path)
    assert {"gateways/http.py", "services/doctor.py"} <= set(found)


def test_signatures_are_compared_in_constant_time_and_in_one_place() -> None:
    """A5: nothing but compare_digest decides about what was unsealed."""
    scheme = ast.parse((PACKAGE / "checksum/scheme.py").read_text())
    functions = {node.name: node for node in ast.walk(scheme) if isinstance(node, ast.FunctionDef)}
    judge = ast.unparse(functions["is_seal_of"])
    assert "hmac.compare_digest(" in judge
    assert not [node for node in ast.walk(functions["is_seal_of"]) if isinstance(node, ast.Compare)]
    assert "is_seal_of" in ast.unparse(functions["verify"])
    for path in [*PACKAGE.glob("gateways/**/*.py"), *PACKAGE.glob("checksum/scheme.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
                sides = [node.left, *node.comparators]
                if any(isinstance(side, ast.Constant) for side in sides):
                    continue  # is it empty, is it of this length
                text = re.sub(r"len\(\w+\)|\w+_length", "", ast.unparse(node).lower())
                harmless = "encode(sealed)" in text  # the signature's spelling, before any key is used
                assert harmless or not re.search(r"signature|checksumhash|digest|\bhash\b|seal", text), (
                    f"{name(path)}: {text}"
                )


def test_no_verification_asks_whether_it_talks_to_the_simulator() -> None:
    """N2: plain http is allowed to a simulator on this machine; no public root vouches for a PayPal that is played."""
    found = set()
    for path in [*PACKAGE.glob("gateways/**/*.py"), *PACKAGE.glob("checksum/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare) and "simulator" in ast.unparse(node).lower():
                found.add((name(path), ast.unparse(node)))
    modules = ("gateways/hosts.py", "gateways/paypal/certificates.py")
    assert found == {(module, "account.environment == 'simulator'") for module in modules}


CARD_WORDS = re.compile(r"card|cvv|cvc|\bpan\b|pan_?num|expir(y|ation)|holder|security_?code", re.IGNORECASE)


def test_no_model_has_a_place_for_card_data() -> None:
    """I1: SAQ A. "expired" is a status, and the gateway's own words have no card in their names."""
    fields = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_app_config("paytm_kit").get_models()
        for field in model._meta.get_fields()
    ]
    assert len(fields) > 50
    assert [field for field in fields if CARD_WORDS.search(field)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_no_page_has_an_input_for_card_data_nor_may_a_shopper_type_anything_but_a_code(path: Path) -> None:
    page = BeautifulSoup(path.read_text(), "html.parser")
    desk = "admin" in path.parts
    allowed = ("hidden", "submit", "text", "date") if desk else ("hidden", "submit")
    for field in page.find_all(["input", "textarea"] if desk else ["input", "select", "textarea"]):
        if path.name == "verify.html" and field.get("name") == "code":
            assert int(field["maxlength"]) < 13  # the one field that shoppers fill is too short for a card number
            continue
        assert field.get("type") in allowed, field
        assert not CARD_WORDS.search(str(field.get("name", "")))
    assert not CARD_WORDS.search(" ".join(str(tag.get("autocomplete", "")) for tag in page.find_all(True)))


def test_the_kit_has_no_forms_that_a_shopper_could_fill() -> None:
    """Nowhere to type a card number. The desk has one form, for refunds."""
    for path in MODULES:
        if "simulator" not in path.parts and name(path) != "admin/refunds.py":
            assert not re.search(
                r"^from django import forms|^from django\.forms|import forms$", path.read_text(), re.MULTILINE
            ), name(path)


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_no_page_has_inline_script_or_style(path: Path) -> None:
    """A strict Content-Security-Policy would refuse them. JSON is data, and comes from json_script."""
    if path.parent.name == "email":
        return  # a letter is no page: mail programs know style attributes alone
    page = BeautifulSoup(re.sub(r"{%.*?%}|{{.*?}}", "", path.read_text()), "html.parser")
    for script in page.find_all("script"):
        assert script.get_text(strip=True) == ""
        assert "src" in script.attrs
    assert page.find_all("style") == []
    for tag in page.find_all(True):
        bad = [attribute for attribute in tag.attrs if attribute.startswith("on") or attribute == "style"]
        assert bad == [], tag
    assert "javascript:" not in path.read_text().lower()


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_no_page_trusts_a_value(path: Path) -> None:
    assert not re.search(r"\|\s*safe\b|autoescape\s+off|mark_safe|\|\s*safeseq", path.read_text())


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_text_of_a_page_can_be_translated(path: Path) -> None:
    """Whatever is left when tags, variables and markup are gone is a text that no translator sees."""
    # the two blocks hold attributes, not text
    silent = r"{%\s*(?:blocktranslate|comment|block (?:tone|region))\b.*?{%\s*end(?:blocktranslate|comment|block).*?%}"
    text = re.sub(silent, "", path.read_text(), flags=re.DOTALL)
    page = BeautifulSoup(re.sub(r"{%.*?%}|{{.*?}}|{#.*?#}", " ", text, flags=re.DOTALL), "html.parser")
    assert not re.search(r"[^\W\d_]", page.get_text()), page.get_text(" ", strip=True)
    for tag in page.find_all(True):
        for attribute in ("alt", "title", "placeholder", "aria-label", "value"):
            assert not re.search(r"[^\W\d_]", str(tag.get(attribute, ""))), tag


def test_templates_load() -> None:
    for path in TEMPLATES:
        get_template(str(path.relative_to(PACKAGE / "templates")))


OURS = [path for path in sorted(PACKAGE.glob("static/**/*.js")) if "vendor" not in path.parts]


@pytest.mark.parametrize("path", OURS, ids=name)
def test_no_script_of_ours_writes_html_or_runs_text(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", source)
    assert not re.search(r"https?://", source)


def test_no_real_credential_or_host_of_a_stranger_stands_in_the_code() -> None:
    """N4: hosts are the gateways' own, this machine, or reserved for examples."""
    allowed = re.compile(
        r"(.*\.)?(paytm\.in|paytm\.com|paytmpayments\.com|zaakpay\.com|stripe\.com|paypal\.com|example|example\.com|your-domain\.in|localhost)|127\.0\.0\.1|your\.shop"
    )
    for path in [*MODULES, *TEMPLATES, ROOT / "settings.example.env"]:
        for host in re.findall(r"https?://([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)", path.read_text()):
            assert allowed.fullmatch(host), f"{name(path) if PACKAGE in path.parents else path.name}: {host}"
