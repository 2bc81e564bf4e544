"""The kit in a Flask app: ``PaytmKit(app)``. Needs Flask: ``pip install "paytm-kit[flask]"``."""

try:
    import flask  # noqa: F401 - an extra
except ModuleNotFoundError as error:
    if error.name != "flask":
        raise
    raise ModuleNotFoundError(
        'paytm_kit.contrib.flask needs Flask. Install it: pip install "paytm-kit[flask]"', name="flask"
    ) from None

from paytm_kit.contrib.flask.extension import PaytmKit

__all__ = ["PaytmKit"]
