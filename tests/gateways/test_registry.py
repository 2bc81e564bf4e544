"""Which gateway an account gets."""

from __future__ import annotations

import subprocess
import sys

import pytest

from paytm_kit import gateways
from paytm_kit.gateways.base import ConfigurationError, Gateway
from paytm_kit.gateways.paytm import PaytmGateway
from tests.gateways import wire


def test_an_account_gets_its_gateway():
    gateway = gateways.build(wire.ACCOUNT)
    assert isinstance(gateway, PaytmGateway)
    assert isinstance(gateway, Gateway)
    assert gateway.account is wire.ACCOUNT


def test_an_unknown_gateway_is_an_error_that_names_the_known_ones():
    with pytest.raises(ConfigurationError, match=r'"payttm".*Known: paypal, paytm, stripe, zaakpay'):
        gateways.build(wire.account(gateway="payttm"))


def test_gateways_import_no_django():
    probe = "import sys, paytm_kit.gateways; sys.exit(any(name.split('.')[0] == 'django' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"keys": ()}, "MERCHANT_KEY"),
        ({"keys": ("short",)}, "MERCHANT_KEY"),
        ({"keys": (wire.KEY, "short")}, "MERCHANT_KEY"),
        ({"merchant_id": "MID|1"}, "MERCHANT_ID"),
        ({"merchant_id": ""}, "MERCHANT_ID"),
        ({"host": "http://gateway.example"}, "https"),
    ],
)
def test_an_account_that_cannot_work_is_refused_at_once(changes, words):
    with pytest.raises(ConfigurationError, match=words) as caught:
        gateways.build(wire.account(**changes))
    assert "short" not in str(caught.value)
    assert wire.KEY not in str(caught.value)
