"""Where Paytm is, and which addresses an account may use."""

from __future__ import annotations

import pytest

from paytm_kit.gateways.base import ConfigurationError
from paytm_kit.gateways.paytm import endpoints
from tests.gateways import wire


@pytest.mark.parametrize(
    ("environment", "host"),
    [("production", "https://secure.paytmpayments.com"), ("staging", "https://securestage.paytmpayments.com")],
)
def test_the_new_hosts_are_the_default(environment, host):
    assert endpoints.host(wire.account(environment=environment, host="")) == host


def test_an_account_may_name_its_host():
    account = wire.account(environment="production", host="https://securegw.paytm.in/")
    assert endpoints.url(account, "status") == "https://securegw.paytm.in/v3/order/status"


@pytest.mark.parametrize("host", ["http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000"])
def test_a_simulator_on_this_machine_may_do_without_tls(host):
    assert endpoints.host(wire.account(environment="simulator", host=host)) == host


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ("simulator", "http://10.0.0.5:9000"),
        ("simulator", "http://127.0.0.1.evil.example"),
        ("simulator", "http://localhost.evil.example"),
        ("staging", "http://127.0.0.1:9000"),
        ("production", "http://secure.paytmpayments.com"),
        ("production", "ftp://secure.paytmpayments.com"),
        ("production", "secure.paytmpayments.com"),
        ("production", "https://"),
        ("production", "https://secure.paytmpayments.com/theia"),
        ("production", "https://secure.paytmpayments.com?x=1"),
        ("production", "https://secure.paytmpayments.com#x"),
        ("production", "https://secure.paytmpayments.com@evil.example"),
        ("production", "https://user:pass@secure.paytmpayments.com"),
        ("production", "https://secure.paytmpayments.com:port"),
        ("production", "https://secure paytmpayments.com"),
        ("production", "https://[::1"),
        ("simulator", ""),
    ],
)
def test_other_addresses_are_refused(environment, host):
    with pytest.raises(ConfigurationError, match=r'HOST of account "default"'):
        endpoints.host(wire.account(environment=environment, host=host))


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ("production", "https://securestage.paytmpayments.com"),
        ("production", "https://SECUREGW-STAGE.paytm.in"),
        ("staging", "https://secure.paytmpayments.com"),
        ("simulator", "https://secure.paytmpayments.com"),
    ],
)
def test_a_host_of_paytms_other_environment_is_refused(environment, host):
    with pytest.raises(ConfigurationError, match="but ENVIRONMENT says"):
        endpoints.host(wire.account(environment=environment, host=host))


def test_names_are_quoted_in_addresses():
    account = wire.account(merchant_id="A/B?C&D")
    assert endpoints.url(account, "initiate", "O 1&mid=EVIL#x") == (
        wire.INITIATE + "?mid=A%2FB%3FC%26D&orderId=O+1%26mid%3DEVIL%23x"
    )
    assert endpoints.url(account, "checkout_js").endswith("/merchants/A%2FB%3FC%26D.js")
