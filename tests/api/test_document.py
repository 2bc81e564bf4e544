"""The OpenAPI document is that of the code, and the code answers as the document says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from paytm_kit.api import document
from paytm_kit.api.problems import KINDS

ROOT = Path(__file__).parents[2]


def test_the_committed_document_is_that_of_the_code(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a change: make openapi, then look at the difference as a caller would. The site's settings play no part."""
    settings.SPECTACULAR_SETTINGS = {"TITLE": "Another", "OAS_VERSION": "3.0.3"}
    settings.REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "rest_framework.schemas.openapi.AutoSchema"}
    made = document.text()
    monkeypatch.setattr(document, "text", lambda: made)  # it takes a second
    call_command("paytm_openapi", "--check")
    monkeypatch.setattr(document, "FILE", tmp_path / "openapi.json")
    document.FILE.write_text("{}\n")
    with pytest.raises(CommandError, match="make openapi"):
        call_command("paytm_openapi", "--check")


def test_the_document_is_openapi_3_1_and_names_every_code_and_address() -> None:
    found = document.committed()
    assert found["openapi"] == "3.1.0"
    assert set(found["components"]["schemas"]["ProblemOut"]["properties"]["code"]["enum"]) == set(KINDS)
    assert {"/payment/initiate", "/payment/callback", "/v1/payments", "/v1/health"} <= set(found["paths"])
    described = json.dumps(found["paths"])
    assert all(f"{code}" in described for code in KINDS)


def test_it_is_served_for_the_address_below_which_it_stands(db: None) -> None:
    served = Client().get("/api/v1/openapi.json").json()
    assert served["servers"] == [{"url": "/api"}]
    assert {**served, "servers": None} == {**document.committed(), "servers": None}


def test_the_page_loads_nothing_from_elsewhere_and_has_nothing_inline(db: None) -> None:
    page = Client().get("/api/v1/docs").content.decode()
    assert "http://" not in page.replace("http://testserver", "")
    assert "https://" not in page
    assert "<style" not in page
    assert 'data-document="/api/v1/openapi.json"' in page
    assert page.count("<script src=") == page.count("<script") == 2


def test_without_its_libraries_the_error_names_the_command() -> None:
    script = """
import sys
from importlib.machinery import PathFinder
find = PathFinder.find_spec
PathFinder.find_spec = lambda name, *rest: None if name == "rest_framework" else find(name, *rest)
try:
    import paytm_kit.api
except ImportError as error:
    sys.exit(0 if 'pip install "paytm-kit[api]"' in str(error) else str(error))
sys.exit("imported")
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
