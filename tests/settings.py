"""The demo site's settings, made quick and hermetic for the suite. TEST_DATABASE_URL chooses another database."""

import os
import tempfile
from pathlib import Path

import dj_database_url

# The suite must not depend on whoever's .env or environment it runs in.
for name in [name for name in os.environ if name.startswith("PAYTM_")]:
    del os.environ[name]
os.environ["PAYTM_API_ORDER_RESOLVER"] = "demo_site.shop.api.order_for"  # whatever PAYTM_KIT a test sets

from demo_site.settings import *  # noqa: E402, F403

SECRET_KEY = "tests-only"
DEBUG = False
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

if url := os.environ.get("TEST_DATABASE_URL"):
    if url.startswith("mysql"):
        import pymysql

        pymysql.install_as_MySQLdb()
    DATABASES = {"default": dj_database_url.parse(url)}
    if url.startswith("postgres"):  # what is tested is a crash of ours, not of the server
        DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off"
else:
    # A file, so that the browser's live server and the test see the same rows through connections of their own.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    folder = Path(tempfile.gettempdir()) / f"paytm-kit-tests-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": folder / "unused.sqlite3",
            "TEST": {"NAME": str(folder / f"{worker}-{os.getpid()}.sqlite3")},
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY",
            },
        }
    }

INSTALLED_APPS = [*INSTALLED_APPS, "paytm_kit.outgoing"]  # noqa: F405

CELERY_BROKER_URL = ""  # tests/brokers starts workers of its own

PAYTM_KIT = {
    "BASE_URL": "http://testserver",
    "ACCOUNTS": {
        "default": {
            "ENVIRONMENT": "staging",
            "MERCHANT_ID": "TESTMID0000000000001",
            "MERCHANT_KEY": "test#Key&1@paytm",
            "HOST": "https://gateway.example",
        }
    },
}
