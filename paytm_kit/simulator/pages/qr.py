"""A UPI link as a QR code, inline SVG without style attributes; nothing when the ``qr`` extra is not installed."""

from __future__ import annotations

import io

from django.utils.safestring import SafeString, mark_safe

try:
    import segno
except ImportError:  # the page then shows the link as text
    HAS_SEGNO = False
else:
    HAS_SEGNO = True


def svg(link: str) -> SafeString | str:
    """The SVG markup, or "" without segno."""
    if not HAS_SEGNO:
        return ""
    out = io.BytesIO()
    segno.make(link, error="m").save(
        out, kind="svg", xmldecl=False, svgns=True, border=4, omitsize=True, svgclass="qr", lineclass=None, light="#fff"
    )
    return mark_safe(out.getvalue().decode())  # noqa: S308 - segno's own markup, the link is drawn and not quoted
