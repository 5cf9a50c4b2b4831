"""A share of a count as people may read it: with the interval that says how little a small count tells."""

import math
from dataclasses import dataclass

_Z = 1.96  # of a 95 % interval


@dataclass(frozen=True, slots=True)
class Share:
    """A share of a count, with its 95 % confidence interval (Wilson 1927)."""

    value: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, found: int, count: int) -> "Share | None":
        """Return the share, or None of nothing."""
        if not count:
            return None
        p, square = found / count, _Z * _Z
        middle = (p + square / (2 * count)) / (1 + square / count)
        spread = _Z * math.sqrt(p * (1 - p) / count + square / (4 * count * count)) / (1 + square / count)
        return cls(round(p, 4), round(max(0.0, middle - spread), 4), round(min(1.0, middle + spread), 4), count)

    def __str__(self) -> str:
        """Return it as a person reads it."""
        return f"{self.value:.3f} ({self.low:.2f} to {self.high:.2f})"
