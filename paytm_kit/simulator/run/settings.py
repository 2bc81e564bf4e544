"""Django settings of the stand-alone simulator. They depend on no project; PAYTM_SIM_… variables fill them."""

from __future__ import annotations

import os
import secrets

from paytm_kit.simulator import options
from paytm_kit.simulator.run import books, logs

PAYTM_SIMULATOR = options.from_environ(os.environ)

DEBUG = False
SECRET_KEY = secrets.token_hex(32)  # nothing outlives the process that would need a lasting one
ALLOWED_HOSTS = PAYTM_SIMULATOR.served_hosts()
ROOT_URLCONF = "paytm_kit.simulator.run.site"
INSTALLED_APPS = ["paytm_kit.simulator", "paytm_kit.standins"]
MIDDLEWARE: list[str] = []  # every view stands behind paytm_kit.simulator.door, so that it also works when mounted
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

DATABASES = {"default": books.database(PAYTM_SIMULATOR.db)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "Asia/Kolkata"
USE_I18N = False
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
APPEND_SLASH = False

LOGGING = logs.configuration(as_json=PAYTM_SIMULATOR.json_log)
