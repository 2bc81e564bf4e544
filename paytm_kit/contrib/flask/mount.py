"""The kit's pages beside the Flask app: requests below the prefix go to Django as they came, past Flask."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Mount:
    """WSGI: what begins with ``prefix`` is ``inside``'s, within the app's context; all else is the app's own.

    SCRIPT_NAME and PATH_INFO stay as they are: the prefix is part of Django's own addresses, so that ``reverse`` gives
    the same ones in a mounted page, in a Flask view and on the command line.
    """

    def __init__(self, app: Flask, outside: WSGIApplication, inside: WSGIApplication, prefix: str) -> None:
        self.app, self.outside, self.inside, self.prefix = app, outside, inside, prefix

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == self.prefix or path.startswith(f"{self.prefix}/"):
            with self.app.app_context():
                return self.inside(environ, start_response)
        return self.outside(environ, start_response)


def onto(app: Flask, inside: WSGIApplication, prefix: str) -> None:
    """Mounts it. A ProxyFix that is there already stays outside, so that both see the client it found."""
    holder: Any = app
    name = "wsgi_app"
    while isinstance(getattr(holder, name), ProxyFix):
        holder, name = getattr(holder, name), "app"
    setattr(holder, name, Mount(app, getattr(holder, name), inside, prefix))
