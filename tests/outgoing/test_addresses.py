"""Where a webhook may go: judged when it is set, and again at every connection."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from paytm_kit import conf
from paytm_kit.outgoing import addresses, wire
from tests.outgoing.conftest import SECRET, Configure
from tests.outgoing.server import Receiver

Endpoint = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    "text",
    [
        *("127.0.0.1", "10.0.0.5", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "::1", "fe80::1", "fc00::1", "::", "ff02::1"),
        *("::ffff:10.0.0.5", "64:ff9b::a00:5", "2002:a00:5::1", "2001:0:7f00:1:0:0:f5ff:fffa"),
        *("::7f00:1", "::ffff:0:7f00:1", "64:ff9b:1::7f00:1", "fec0::1"),
    ],
)
def test_addresses_inside_are_known_however_they_are_wrapped(text: str) -> None:
    assert not addresses.is_public(ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_addresses_outside_are_public(text: str) -> None:
    assert addresses.is_public(ip_address(text))


def resolves(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """What the name server says, one answer for each question; the last one repeats. What was asked is kept."""
    asked: list[str] = []

    real = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *rest: Any, **kwargs: Any) -> Any:
        if host.replace(".", "").isdigit():
            return real(host, port, *rest, **kwargs)
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def sent(timeout: float = 2) -> wire.Answer:
    return wire.post(conf.endpoint("erp"), "evt_1", b"{}", timeout=timeout)


def test_a_public_name_that_leads_inside_is_not_connected_to(
    receiver: Receiver, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(erp={"URL": receiver.url.replace("127.0.0.1", "hooks.your-domain.in"), "SECRET": SECRET})
    resolves(monkeypatch, ["127.0.0.1"])
    answer = sent()
    assert answer.http_status is None
    assert answer.error == "not sent: its name leads to 127.0.0.1, which is not public (see ALLOW_PRIVATE)"
    assert receiver.taken == []


def test_one_address_inside_among_others_is_enough_to_refuse(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(erp={"URL": "https://hooks.your-domain.in/", "SECRET": SECRET})
    resolves(monkeypatch, ["8.8.8.8", "10.0.0.5"])
    assert "10.0.0.5" in sent().error


def test_the_connection_goes_to_the_address_that_was_judged(
    receiver: Receiver, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that answers with another address the second time (DNS rebinding) is not asked a second time."""
    url = receiver.url.replace("127.0.0.1", "hooks.your-domain.in")
    configure(erp={"URL": url, "SECRET": SECRET, "ALLOW_PRIVATE": True})
    asked = resolves(monkeypatch, ["127.0.0.1"], ["10.0.0.5"])
    connected: list[str] = []
    create = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        connected.append(address[0])
        create(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    answer = sent()
    assert (answer.http_status, answer.error) == (204, "")
    assert receiver.taken[0].headers["host"].startswith("hooks.your-domain.in:")
    assert connected == ["127.0.0.1"]
    assert asked == ["hooks.your-domain.in"]


def test_when_one_address_of_a_name_is_dead_the_next_is_tried(
    receiver: Receiver, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = receiver.url.replace("127.0.0.1", "hooks.your-domain.in")
    configure(erp={"URL": url, "SECRET": SECRET, "ALLOW_PRIVATE": True})
    real = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *rest: Any, **kwargs: Any) -> Any:
        if host != "hooks.your-domain.in":
            return real(host, port, *rest, **kwargs)
        return [*real("::1", port, type=socket.SOCK_STREAM), *real("127.0.0.1", port, type=socket.SOCK_STREAM)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert sent().http_status == 204


def test_a_name_that_does_not_exist_is_no_connection(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(erp={"URL": "https://hooks.your-domain.in/", "SECRET": SECRET})

    def nowhere(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    assert sent().error == "no connection (ConnectionError)"


def test_a_password_of_netrc_is_not_sent_along(
    receiver: Receiver, configure: Configure, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login canary password canary\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setattr(addresses, "is_loopback", lambda host: False)  # on this machine the environment is not read
    configure(erp=endpoint())
    assert sent().http_status == 204
    assert "authorization" not in receiver.taken[0].headers


def test_the_proxy_of_the_environment_is_used_and_looks_up_the_name_itself(
    receiver: Receiver, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", receiver.url.removesuffix("/hooks/payments"))
    configure(erp={"URL": "http://hooks.your-domain.in/here", "SECRET": SECRET})
    assert sent().http_status == 204
    assert receiver.taken[0].path == "http://hooks.your-domain.in/here"


def certificate(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """A fresh certificate for one name, and a server's side of TLS with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return pem, context


@pytest.mark.parametrize(
    ("name", "trusted", "status", "error"),
    [
        ("hooks.your-domain.in", True, 204, ""),
        ("hooks.your-domain.in", False, None, "no trusted TLS connection"),
        ("another.your-domain.in", True, None, "no trusted TLS connection"),
    ],
)
def test_tls_asks_for_the_name_and_not_for_the_address(
    configure: Configure,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str,
    trusted: bool,
    status: int | None,
    error: str,
) -> None:
    pem, context = certificate(tmp_path, name)
    server = Receiver()
    server.socket = context.wrap_socket(server.socket, server_side=True)
    asked: list[str | None] = []
    context.sni_callback = lambda line, named, of: asked.append(named)
    if trusted:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))
    url = server.url.replace("http://127.0.0.1", "https://hooks.your-domain.in")
    configure(erp={"URL": url, "SECRET": SECRET, "ALLOW_PRIVATE": True})
    resolves(monkeypatch, ["127.0.0.1"])
    try:
        answer = sent()
    finally:
        server.stop()
    assert (answer.http_status, answer.error) == (status, error)
    assert asked == ["hooks.your-domain.in"]
    assert len(server.taken) == (status == 204)
