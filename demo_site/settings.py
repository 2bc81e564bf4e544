"""Settings of the demo shop. Every value that differs between places comes from the environment or ``.env``.

Without a ``.env`` the shop talks to the simulator next door. With PAYTM_ENVIRONMENT=staging, PAYTM_MID and
PAYTM_MERCHANT_KEY set, the same shop talks to Paytm; settings.example.env names every value.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from decouple import AutoConfig
from django.utils.translation import gettext_lazy as _

from demo_site.accounts import beside_paytm
from demo_site.content_policy import policy
from paytm_kit.background import beat_schedule

BASE_DIR = Path(__file__).resolve().parent.parent
config = AutoConfig(search_path=str(BASE_DIR))

# ---- Payments ------------------------------------------------------------------------------------------------

PORT = config("PORT", default=8000, cast=int)  # of the shop; the simulator takes the next one
PAYTM_ENVIRONMENT = config("PAYTM_ENVIRONMENT", default="simulator")
PAYTM_FLOW = config("PAYTM_FLOW", default="hosted")  # chosen beforehand on the order page: hosted, js or legacy
BASE_URL = config("PAYTM_BASE_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")

# What is missing here (MID, merchant key, website, flow, …) the kit reads from the environment or .env by itself.
PAYTM_ACCOUNT = {"ENVIRONMENT": PAYTM_ENVIRONMENT}
if PAYTM_ENVIRONMENT == "simulator":
    PAYTM_ACCOUNT |= {
        "HOST": config("PAYTM_HOST", default=f"http://127.0.0.1:{PORT + 1}"),
        "MERCHANT_ID": config("PAYTM_MID", default="DEMOMID0000000000001"),
        "MERCHANT_KEY": config("PAYTM_MERCHANT_KEY", default="demo#Key&1@paytm"),
        "WEBSITE": config("PAYTM_WEBSITE", default="WEBSTAGING"),
        "OFFERED": True,
    }

PAYTM_KIT = {
    "BASE_URL": BASE_URL,
    "ACCOUNTS": {
        "default": PAYTM_ACCOUNT,
        **(beside_paytm(PAYTM_ACCOUNT["HOST"]) if PAYTM_ENVIRONMENT == "simulator" else {}),
    },
    "EMAIL": True,
    "EMAIL_FROM": "Kadamb <orders@example.com>",
    "EMAIL_MERCHANT": ["desk@example.com"],
    "API_ORDER_RESOLVER": "demo_site.shop.api.order_for",
    "SELLER_NAME": "Kadamb",
    "SELLER_ADDRESS": "12 Sayyaji Rao Road\nMysuru 570001, Karnataka",
    "SELLER_GSTIN": "29AAAAA0000A1ZY",  # invented
}

# Nothing is sent: every letter becomes a file in this folder.
EMAIL_BACKEND = "demo_site.shop.letterbox.EmailBackend"
EMAIL_FILE_PATH = BASE_DIR / "demo_site" / ".run" / "mail"

# ---- Background workers (docs/scale.md) ------------------------------------------------------------------------

CELERY_BROKER_URL = config("CELERY_BROKER_URL", default="")  # redis://… or amqp://…; without it all runs in-process
CELERY_TASK_DEFAULT_QUEUE = config("CELERY_QUEUE", default="kadamb")
CELERY_BEAT_SCHEDULE = beat_schedule()
CELERY_WORKER_PREFETCH_MULTIPLIER = 1  # a worker takes the next message when it is done with this one
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # LOGGING below says how lines look
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
if CELERY_BROKER_URL.startswith("redis"):
    # A killed worker's message comes back after so many seconds; reconcile finds what it was about sooner. The prefix
    # lets several sites share one Redis.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600, "global_keyprefix": f"{CELERY_TASK_DEFAULT_QUEUE}:"}

# ---- Django --------------------------------------------------------------------------------------------------

SECRET_KEY = config("SECRET_KEY", default="demo-only-not-secret")
DEBUG = config("DEBUG", default=True, cast=bool)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", urlsplit(BASE_URL).hostname]
ROOT_URLCONF = "demo_site.urls"
WSGI_APPLICATION = "demo_site.wsgi.application"

INSTALLED_APPS = [
    "demo_site.shop",  # before paytm_kit: its paytm_kit/base.html dresses the kit's pages in the shop's look
    "demo_site.walkthrough",  # likewise: its paytm_kit/result.html adds a link
    "paytm_kit",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
WITH_API = find_spec("rest_framework") is not None  # the extra "api"
if WITH_API:
    INSTALLED_APPS += ["paytm_kit.api", "drf_spectacular_sidecar", "demo_site.spa"]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "demo_site.shop.context_processors.shop",
            ],
        },
    },
]

# IMMEDIATE: a transaction takes SQLite's write lock when it begins, so that two at once wait for each other
# instead of failing half-way. A real shop sets DATABASE_URL to PostgreSQL or MariaDB.
DATABASES: dict[str, Any] = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": BASE_DIR / "demo.sqlite3",
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20},
    }
}
if DATABASE_URL := config("DATABASE_URL", default=""):
    DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=60)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DEMO_PASSWORD = config("DEMO_PASSWORD", default="demo-pass")  # of the seeded users
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "shop:orders"
LOGOUT_REDIRECT_URL = "shop:home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("hi", _("Hindi"))]
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60  # seconds; a shopper chooses once
USE_TZ = True
TIME_ZONE = "Asia/Kolkata"

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "build" / "static"

# ---- Security ------------------------------------------------------------------------------------------------

HTTPS = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SECURE = HTTPS
CSRF_TRUSTED_ORIGINS = [BASE_URL]

CONTENT_SECURITY_POLICY = policy(PAYTM_ENVIRONMENT, PAYTM_ACCOUNT.get("HOST", ""))

# ---- Logging -------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "datefmt": "%H:%M:%S", "style": "{"}},
    "filters": {
        "no_static": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: f" /{STATIC_URL}" not in record.getMessage(),
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "paytm_kit": {"level": "INFO"},
        "demo_site": {"level": "INFO"},
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False, "filters": ["no_static"]},
    },
}
