"""The demo shop's settings, with the app that makes its processes mortal, and quiet: DRILL_LOG=INFO lets them talk."""

from copy import deepcopy

from demo_site import settings as shop
from demo_site.settings import *  # noqa: F403
from demo_site.settings import config

# Thousands of shoppers at one address is what drills and chaos are about.
PAYTM_KIT = {**shop.PAYTM_KIT, "LIMITS": "off", "EMAIL": False}

INSTALLED_APPS = [*shop.INSTALLED_APPS, "tests.drills"]

LOGGING = deepcopy(shop.LOGGING)
LEVEL = config("DRILL_LOG", default="CRITICAL")
LOGGING["root"]["level"] = LEVEL
for logger in LOGGING["loggers"].values():
    logger["level"] = LEVEL
