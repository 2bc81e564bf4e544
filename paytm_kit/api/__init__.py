"""The REST API, for front ends and services that are no pages of the shop: the same verbs, the same ledger.

An extra: without its libraries importing this package raises ImportError with the command that installs them.
"""

from importlib.util import find_spec

NEEDED = ("rest_framework", "django_filters", "drf_spectacular")

if missing := [name for name in NEEDED if find_spec(name) is None]:
    raise ImportError(
        f"The REST API needs {', '.join(missing)}, which is not installed. "
        'Install it: pip install "paytm-kit[api]". Then add "paytm_kit.api" to INSTALLED_APPS.'
    )
