"""The key pair by which push services know this installation. Made once; who loses it must turn notifications on again in every browser."""

import os
import tempfile
from base64 import urlsafe_b64encode
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid

from support_app.settings import Settings

KEY_FILE = "vapid-private-key.pem"


def vapid_key(settings: Settings) -> Vapid:
    """The key pair of the settings, or the one in the data folder, which is made at first use."""
    if settings.vapid_private_key:
        return Vapid.from_string(settings.vapid_private_key)
    path = settings.data_dir / KEY_FILE
    if not path.exists():
        _make_key(path)
    return Vapid.from_pem(path.read_bytes())


def public_key(settings: Settings) -> str:
    """The public half as browsers want it: the point, in base64 for URLs."""
    point = vapid_key(settings).public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(point).rstrip(b"=").decode()


def _make_key(path: Path) -> None:
    """Written whole under another name first: of two processes that start together, one key counts for both."""
    key = Vapid()
    key.generate_keys()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=KEY_FILE, delete=False) as file:  # made with mode 0600
        file.write(key.private_pem())
    with suppress(FileExistsError):
        os.link(file.name, path)
    Path(file.name).unlink()
