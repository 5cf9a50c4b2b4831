"""A share and its interval."""

import pytest

from moderation.shares import Share


def test_a_share_comes_with_its_interval() -> None:
    """Checked against published tables of Wilson's interval; nothing of nothing is unknown."""
    share = Share.of(8, 10)
    assert share is not None
    assert (share.value, share.count) == (0.8, 10)
    assert share.low == pytest.approx(0.4902, abs=1e-3)
    assert share.high == pytest.approx(0.9433, abs=1e-3)
    assert Share.of(0, 0) is None
