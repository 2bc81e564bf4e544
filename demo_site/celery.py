"""The shop's Celery app, for ``celery -A demo_site worker``; docs/scale.md shows it at work."""

from __future__ import annotations

import os

try:
    from celery import Celery
except ImportError as error:
    raise ImportError('CELERY_BROKER_URL needs Celery. Install it: pip install -e ".[scale]"') from error

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo_site.settings")
app = Celery("demo_site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
