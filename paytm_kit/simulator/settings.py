"""Django settings of the stand-alone simulator. They depend on no project; PAYTM_SIM_… variables fill them."""

from __future__ import annotations

import os
import secrets

from paytm_kit.simulator import options

PAYTM_SIMULATOR = options.from_environ(os.environ)

DEBUG = False
SECRET_KEY = secrets.token_hex(32)  # nothing outlives the process that would need a lasting one
# Whoever listens on every address is reached under names that only the network knows.
ALLOWED_HOSTS = (
    ["*"]
    if PAYTM_SIMULATOR.host in ("0.0.0.0", "::")  # noqa: S104 - asked for on the command line
    else ["localhost", "127.0.0.1", "[::1]", PAYTM_SIMULATOR.host, *PAYTM_SIMULATOR.allow_host]
)
ROOT_URLCONF = "paytm_kit.simulator.site"
INSTALLED_APPS = ["paytm_kit.simulator"]
MIDDLEWARE: list[str] = []  # every view stands behind paytm_kit.simulator.door, so that it also works when mounted
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

# IMMEDIATE takes the write lock when a transaction begins, so that two at once wait instead of failing half-way.
# The books are a test's: a crash of the machine may lose the last payments, hence synchronous=OFF.
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": PAYTM_SIMULATOR.db,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "Asia/Kolkata"
USE_I18N = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
APPEND_SLASH = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "datefmt": "%H:%M:%S", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "paytm_kit.simulator": {"level": "INFO"},
        "django.server": {"handlers": [], "level": "ERROR", "propagate": False},
        "django.request": {"level": "ERROR"},  # 4xx answers are the simulator's daily work
        "django.security": {"level": "ERROR"},
    },
}
