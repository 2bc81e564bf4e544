"""What mypy and the migrations check see: every app of the project at once, the simulator included."""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "paytm_kit.simulator", "paytm_kit.standins", "paytm_kit.contrib.flask.orders"]
