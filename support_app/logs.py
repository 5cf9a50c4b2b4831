"""Structured logs on standard error. A last guard drops fields that could carry what somebody wrote."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

NEVER_LOGGED = frozenset({"text", "message_text", "body", "payload", "data", "pass_phrase", "token", "cookie", "csrf"})


def configure_logs(level: str) -> None:
    """Set up logging for one process."""
    number = logging.getLevelNamesMapping()[level.upper()]
    logging.basicConfig(stream=sys.stderr, level=number, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.ERROR)
    for quoting in ("socketio", "engineio", "socketio.server", "engineio.server"):
        logging.getLogger(quoting).setLevel(logging.CRITICAL)  # anybody's malformed packet would fill the log with tracebacks
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _drop_texts,
            structlog.processors.LogfmtRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _drop_texts(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in NEVER_LOGGED & event.keys():
        event[key] = "[not logged]"
    return event
