"""Celery's tasks: thin edges of the verbs, as ``paytm_kit.tasks``. A worker finds this module by itself."""

from __future__ import annotations

from paytm_kit.outgoing import deliveries
from paytm_kit.tasks import SAFE_TO_REPEAT, shared_task


@shared_task(**SAFE_TO_REPEAT)
def deliver_webhooks() -> None:
    """Every webhook of ours whose time has come, each as a task of its own, so that the workers share them."""
    for pk in deliveries.due().values_list("pk", flat=True):
        deliver_webhook.apply_async((pk,), expires=deliveries.RETRY_MINUTES[0] * 60)


@shared_task(**SAFE_TO_REPEAT)
def deliver_webhook(pk: int) -> None:
    """One webhook. An endpoint that fails has it tried again by the row's own, growing, waits."""
    deliveries.deliver(pk)
