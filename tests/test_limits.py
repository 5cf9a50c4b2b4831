"""How often one person may do something: told with a clock that only moves when a test says so."""

import pytest

from support_app.errors import RateLimited
from support_app.limits import FORGET_EVERY, RateLimiter, rate_limiter


class Clock:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def limiter_with(windows: str) -> tuple[RateLimiter, Clock]:
    limiter, clock = rate_limiter(windows), Clock()
    limiter.clock = clock
    return limiter, clock


def test_a_window_moves() -> None:
    """What is over the limit is refused with the seconds until the oldest count leaves; then exactly one more fits."""
    limiter, clock = limiter_with("2/second")
    limiter.check("message", "1")
    clock.now += 0.4
    limiter.check("message", "1")
    with pytest.raises(RateLimited) as refused:
        limiter.check("message", "1")
    assert refused.value.retry_after == 0.6
    clock.now += refused.value.retry_after
    limiter.check("message", "1")
    with pytest.raises(RateLimited):
        limiter.check("message", "1")


def test_all_windows_count() -> None:
    """The longest wait of several windows is the one that is told, and what was refused was not counted."""
    limiter, clock = limiter_with("2/second;3/minute")
    for _ in range(3):
        limiter.check("message", "1")
        clock.now += 0.6
    for _ in range(5):
        with pytest.raises(RateLimited) as refused:
            limiter.check("message", "1")
    assert refused.value.retry_after == pytest.approx(58.2)
    clock.now += 58.3
    limiter.check("message", "1")


def test_a_short_window_looks_at_the_newest_counts() -> None:
    """Beside a longer window that remembers more, the short one still refuses the third within a second."""
    limiter, clock = limiter_with("2/second;10/minute")
    for pause in (0.9, 0.9, 0.05):
        limiter.check("message", "1")
        clock.now += pause
    with pytest.raises(RateLimited) as refused:
        limiter.check("message", "1")
    assert refused.value.retry_after == 0.1


def test_people_do_not_share_a_limit() -> None:
    """One person's haste costs nobody else anything."""
    limiter, _ = limiter_with("1/minute")
    limiter.check("message", "1")
    limiter.check("message", "2")
    limiter.check("sign-in", "1")
    with pytest.raises(RateLimited):
        limiter.check("message", "1")


def test_the_quiet_are_forgotten_and_nobody_else() -> None:
    """Memory does not grow with everyone who ever came, and forgetting frees nobody from a limit that still holds."""
    limiter, clock = limiter_with("2/minute")
    for number in range(FORGET_EVERY - 3):
        limiter.check("sign-in", str(number))
    clock.now += 61
    limiter.check("sign-in", "still here")
    limiter.check("sign-in", "still here")
    limiter.check("sign-in", "last one")
    assert len(limiter._times) == 2
    with pytest.raises(RateLimited):
        limiter.check("sign-in", "still here")
