"""Keeps every HTTP message, in and out, redacted, in a commit of its own: record first, process second."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import unquote_plus, urlencode, urlsplit

from django.http import HttpRequest
from django.utils import timezone

from paytm_kit import conf, gateways, signals
from paytm_kit.gateways.base import Account, ConfigurationError, Exchange, Gateway, InboundMessage, Notice, Redirect
from paytm_kit.ledger import waiting
from paytm_kit.logs import EventLog, correlation_id
from paytm_kit.masking import holds_card, one_line, redact_body, safe_line
from paytm_kit.models import Payment, WireMessage

log = EventLog("paytm_kit.journal")


@lru_cache(maxsize=32)
def gateway_for(account: Account) -> Gateway:
    """The gateway of an account, kept for its connections; every call it makes is written down."""

    def observe(exchange: Exchange) -> None:
        _record_exchange(account, exchange)

    return gateways.build(account, observer=observe)


def account_of(payment: Payment) -> Account:
    """The account that a payment was started with. Raises ConfigurationError when its name means another one now."""
    account = conf.account(payment.account)
    if (account.environment, account.merchant_id) != (payment.environment, payment.merchant_id):
        raise ConfigurationError(
            f"Payment {payment.gateway_order_id} was started as {payment.environment} {payment.merchant_id}, "
            f'but account "{account.name}" is now {account.environment} {account.merchant_id}. An answer from another '
            "environment proves nothing: restore the account or give the new credentials a new name.",
            order_id=payment.gateway_order_id,
        )
    return account


def record_inbound(request: HttpRequest, message: InboundMessage, *, account: str, channel: str) -> WireMessage:
    """Stores a callback or webhook before anything is thought about it. Raises DatabaseError if that fails."""
    text = message.body.decode("utf-8", "replace")
    if holds_card(unquote_plus(text)):
        log.error("inbound.card_number", channel=channel)
    return WireMessage.objects.create(
        direction=WireMessage.Direction.IN,
        channel=channel,
        account=account[:40],
        url=request.path[:500],
        content_type=safe_line(message.content_type, 100),
        request_body=redact_body(message.body, message.content_type),
        remote_ip=client_address(request),
        correlation_id=correlation_id(),
        created_at=timezone.now(),
    )


def judge(stored: WireMessage, notice: Notice, payment: Payment | None) -> None:
    """Writes down what the signature check found, then which payment the message speaks of.

    In two steps: the second waits for the payment's lock, and what the check found is known only now.
    """
    stored.verdict = notice.verdict.value
    stored.detail = safe_line(notice.detail)
    named = notice.order_id or (payment.gateway_order_id if payment is not None else "")
    stored.gateway_order_id = one_line(named, 50)
    stored.save(update_fields=["verdict", "detail", "gateway_order_id"])
    if payment is not None:
        stored.payment = payment
        with waiting.bounded():
            stored.save(update_fields=["payment"])


def close(stored: WireMessage, *, http_status: int, detail: str = "", processed: bool = True) -> None:
    """Writes down how we answered; ``processed=False`` leaves the message for a later look."""
    stored.http_status = http_status
    stored.detail = safe_line(detail or stored.detail)
    stored.processed_at = timezone.now() if processed else None
    stored.save(update_fields=["http_status", "detail", "processed_at"])


def dealt_with(stored: WireMessage, payment: Payment) -> None:
    """Writes down that a message left over has been taken up, and what it was about."""
    stored.payment = payment
    stored.gateway_order_id = payment.gateway_order_id
    stored.processed_at = timezone.now()
    with waiting.bounded():
        stored.save(update_fields=["payment", "gateway_order_id", "processed_at"])


def seen(
    account: Account,
    payment: Payment | None,
    *,
    channel: str,
    url: str,
    content_type: str,
    request: str,
    response: str = "",
    stored: WireMessage | None = None,
) -> None:
    """Sends ``wire_seen``, of a simulator's account only: elsewhere nobody but the gateway gets a message unmasked."""
    if account.environment != "simulator":
        return
    signals.wire_seen.send_robust(
        sender=WireMessage,
        channel=channel,
        url=url,
        content_type=content_type,
        request=request,
        response=response,
        payment=payment,
        wire_message=stored,
    )


def seen_form(account: Account, payment: Payment, target: Redirect) -> None:
    """The same of what our page will send with the shopper's browser."""
    form, url = urlencode(target.fields), target.url
    seen(account, payment, channel="form", url=url, content_type="application/x-www-form-urlencoded", request=form)


def client_address(request: HttpRequest) -> str | None:
    """The caller's address. ``X-Forwarded-For`` counts only as far as TRUSTED_PROXIES of yours wrote it."""
    hops = [request.META.get("REMOTE_ADDR", "")]
    trusted = conf.kit().trusted_proxies
    if trusted:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")] + hops
    candidate = hops[max(len(hops) - 1 - trusted, 0)]
    try:
        return str(ip_address(candidate))
    except ValueError:
        return None


def _unsigned(exchange: Exchange) -> WireMessage.Verdict:
    """Of a call whose answer bears no signature, as most gateways' do, or that got none."""
    answered = exchange.http_status is not None and not exchange.error
    return WireMessage.Verdict.UNSIGNED if answered else WireMessage.Verdict.NO_ANSWER


def _record_exchange(account: Account, exchange: Exchange) -> None:
    parts = urlsplit(exchange.url)
    message = WireMessage(
        direction=WireMessage.Direction.OUT,
        channel=exchange.operation[:20],
        payment=Payment.objects.filter(gateway_order_id=exchange.order_id).first(),
        account=account.name,
        gateway_order_id=exchange.order_id[:50],
        url=f"{parts.scheme}://{parts.netloc}{parts.path}"[:500],
        content_type=exchange.content_type,
        request_body=redact_body(exchange.request_body, exchange.content_type),
        response_body=redact_body(exchange.response_body, "application/json"),
        http_status=exchange.http_status,
        verdict=exchange.verdict.value if exchange.verdict else _unsigned(exchange),
        detail=safe_line(exchange.error),
        correlation_id=correlation_id(),
        elapsed_ms=exchange.elapsed_ms,
        created_at=timezone.now(),
        processed_at=timezone.now(),
    )
    with waiting.bounded():  # a failure here must not break the transaction of whoever asked
        message.save()
    seen(
        account,
        message.payment,
        channel=exchange.operation,
        url=exchange.url,
        content_type=message.content_type,
        request=exchange.request_body,
        response=exchange.response_body,
        stored=message,
    )
