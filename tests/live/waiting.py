"""Waiting for conditions, never for a while."""

import time
from collections.abc import Callable
from typing import TypeVar

WAIT_SECONDS = 45  # only ever reached by a test that fails
LOOK_SECONDS = 0.01
Result = TypeVar("Result")


def eventually(condition: Callable[[], Result], what: str = "", *, seconds: float = WAIT_SECONDS) -> Result:
    """What the condition answers as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, f"waited in vain {what}"
        time.sleep(LOOK_SECONDS)
    return result
