"""The application for a WSGI server; `python wsgi.py` serves it on this machine."""

import sys

from support_app import create_app
from support_app.settings import SettingsError

try:
    app = create_app()
except SettingsError as error:
    sys.exit(f"Peer Circles does not start: {error}")

if __name__ == "__main__":
    import os

    os.execvp(sys.executable, [sys.executable, "-m", "gunicorn", "wsgi:app"])  # noqa: S606 (the one server, see gunicorn.conf.py)
