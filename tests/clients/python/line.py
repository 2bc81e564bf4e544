"""A client as a process: one JSON call per line on stdin, one JSON answer per line on stdout."""

from __future__ import annotations

import json
import sys


def serve(calls):
    """Answers until stdin ends. What a client raises is an answer, too: ``{"raised": "TypeError: … (while …)"}``."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what a client prints must not be taken for an answer
    for line in sys.stdin:
        asked = json.loads(line)
        name = asked.pop("call")
        try:
            answer = calls[name](**asked)
        except Exception as error:
            during = f" (while handling {error.__context__})" if error.__context__ else ""
            answer = {"raised": f"{type(error).__name__}: {error}{during}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
