"""How often one person may do something. Kept in memory: one web process sees all of a person's sockets."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from limits import RateLimitItem, parse_many

from support_app.errors import RateLimited

FORGET_EVERY = 1024  # counts between two looks for people who have been quiet long enough to be forgotten


@dataclass(slots=True)
class RateLimiter:
    """Refuses what goes over any of its moving windows, and says when to come back. What is refused is not counted.

    The storage of the `limits` library walks over everybody a hundred times a second; this one has nothing to do between two counts.
    """

    windows: tuple[RateLimitItem, ...]
    clock: Callable[[], float] = time.monotonic
    _times: dict[tuple[str, ...], deque[float]] = field(default_factory=dict)
    _counted: int = 0

    def check(self, *key: str, refusal: type[RateLimited] = RateLimited) -> None:
        """Count one; raises `refusal` with the seconds to wait."""
        now = self.clock()
        times = self._times.get(key)
        if times is None:
            times = self._times[key] = deque(maxlen=max(window.amount for window in self.windows))
        wait = max((_seconds_to_wait(window, times, now) for window in self.windows), default=0.0)
        if wait > 0:
            raise refusal(retry_after=round(max(wait, 0.1), 1))
        times.append(now)
        self._counted += 1
        if self._counted % FORGET_EVERY == 0:
            self._forget(now - max(window.get_expiry() for window in self.windows))

    def _forget(self, before: float) -> None:
        for key in [key for key, times in self._times.items() if not times or times[-1] < before]:
            del self._times[key]


def rate_limiter(windows: str) -> RateLimiter:
    """Read windows as in `10/second;360/minute`."""
    return RateLimiter(tuple(parse_many(windows)))


def _seconds_to_wait(window: RateLimitItem, times: deque[float], now: float) -> float:
    """Until the oldest of the last `amount` counts leaves the window."""
    if len(times) < window.amount:
        return 0.0
    return times[-window.amount] + window.get_expiry() - now
