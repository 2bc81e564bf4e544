"""Hindi is complete: every text has its translation, and the compiled file is the one that belongs to it."""

from __future__ import annotations

from pathlib import Path

from django.test import Client

import paytm_kit
from paytm_kit.models import Payment
from tests import catalogues

KIT = Path(paytm_kit.__path__[0])
SAME = frozenset({"REST API", "webhook-id", "URL", "UPI", "EMI", "GSTIN", "Paytm Postpaid", "HSN/SAC %(code)s"})


def test_no_text_is_left_untranslated_or_uncertain() -> None:
    assert len(catalogues.entries(KIT)) > 100
    assert catalogues.untranslated(KIT, SAME) == []
    assert catalogues.uncertain(KIT) == []


def test_placeholders_survive_translation() -> None:
    assert catalogues.lost_placeholders(KIT) == []


def test_the_compiled_catalogue_says_the_same() -> None:
    assert catalogues.compiled_differently(KIT) == []


def test_the_catalogue_holds_the_texts_of_today(tmp_path: Path) -> None:
    today = catalogues.texts_of_today(KIT, tmp_path, "simulator")
    kept = {entry.text for entry in catalogues.entries(KIT)}
    assert kept == today, "run: make messages, then translate what is new"


def test_a_hindi_shopper_reads_hindi(payment: Payment, client: Client) -> None:
    page = client.get(payment.get_result_url(), headers={"Accept-Language": "hi"}).content.decode()
    assert '<html lang="hi"' in page
    assert "आपके भुगतान की पुष्टि हो रही है" in page
    assert "Confirming your payment" not in page
