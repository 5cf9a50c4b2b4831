"""Since when a case has been waiting for somebody: the clock that the ladder and the author's card are computed from."""

from typing import Any


def waiting_from(case: Any) -> Any:
    """Since when nobody has had the case; of a row, or as the column of the table."""
    return case.free_since
