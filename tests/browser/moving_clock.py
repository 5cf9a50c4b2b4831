"""The product's app with a clock that a test moves, for stories that go on hours later. The product itself can read no such clock.

Web, screener and worker are processes of this one app, so that all of them live at the same moment.
"""

from datetime import datetime, timedelta

from support_app import create_app
from support_app.core import utc_now
from support_app.settings import load_settings

_settings = load_settings()
_moved = _settings.data_dir / "clock-moved-by-seconds"


def now() -> datetime:
    """The present moment of the story."""
    return utc_now() + timedelta(seconds=float(_moved.read_text()) if _moved.exists() else 0)


app = create_app(_settings, now=now)
