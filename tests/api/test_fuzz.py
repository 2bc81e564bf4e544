"""Schemathesis sends what the document allows and what it forbids: no answer is a 500, none is undocumented.

A few seconds here; for longer: ``FUZZ_EXAMPLES=500 python -m pytest tests/api/test_fuzz.py``.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import Permission, User
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from demo_site.shop.models import Order
from paytm_kit import refunds
from paytm_kit.api import document, tokens
from paytm_kit.models import Payment
from tests.paytm import Paytm

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "8"))
CHECKS: list[Any] = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
OPERATIONS = [(path, method) for path, methods in document.committed()["paths"].items() for method in methods]


@pytest.fixture
def authorization(transactional_db: None) -> str:
    """Of staff who may do everything, so that as many requests as possible get to the end."""
    user = User.objects.create(username="fuzz")
    user.user_permissions.add(*Permission.objects.filter(content_type__app_label__in=("paytm_kit", "shop")))
    return f"Bearer {tokens.make(user, 'fuzz')[1]}"


@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=[" ".join(reversed(each)) for each in OPERATIONS])
def test_no_answer_is_a_500_or_undocumented(
    authorization: str,
    settings: Any,
    path: str,
    method: str,
    order: Order,
    paid: Payment,
    paytm: Paytm,
) -> None:
    settings.PAYTM_KIT = {**settings.PAYTM_KIT, "API_THROTTLES": "off", "LIMITS": "off"}
    paytm.will_start()
    paytm.will_refund()
    operation = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())[path][method]
    refund = refunds.request(paid, "1.00", reason="x")
    real = {
        "payment_id": paid.gateway_order_id,
        "refund_id": refund.refund_id,
        "order_id": order.number,
        "amount": "499.00" if path == "/payment/initiate" else "0.01",
        "payment_method": "upi",
    }
    modes = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode))
    seen: list[int] = []

    @hypothesis(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=modes, rows=st.sampled_from([True, True, True, False]))
    def answers(case: Any, rows: bool) -> None:
        forbidden = case.meta.generation.mode is GenerationMode.NEGATIVE
        if rows and not forbidden:  # of rows that there are, not only of invented ones
            for given in (case.path_parameters, case.query, case.body):
                if isinstance(given, dict):
                    given.update({name: real[name] for name in given if name in real})
                    for name in ("gateway", "return_url", "transaction_id"):
                        given.pop(name, None)
        case.headers["Authorization"] = authorization
        response = case.call()
        seen.append(response.status_code)
        assert response.status_code < 500, (response.status_code, response.content)
        case.validate_response(response, checks=CHECKS)

    answers()
    assert any(status < 300 for status in seen) or path == "/payment/callback"
