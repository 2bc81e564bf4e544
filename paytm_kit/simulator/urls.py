"""Every address of the simulator. ``path("", include("paytm_kit.simulator.urls"))`` mounts it in a project."""

from __future__ import annotations

from paytm_kit.simulator.api import urls as api
from paytm_kit.simulator.control import urls as control
from paytm_kit.simulator.pages import urls as pages

app_name = "paytm_simulator"

urlpatterns = [*api.urlpatterns, *pages.urlpatterns, *control.urlpatterns]
