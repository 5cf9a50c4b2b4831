"""Which servers notifications may go to. Subscriptions come from browsers, so without such a list anybody could have the server call others."""

from urllib.parse import urlsplit

from support_app.settings import Settings


def known_service(settings: Settings, endpoint: str) -> bool:
    """Whether an address belongs to a push service of the settings, over https."""
    try:
        parts = urlsplit(endpoint)
        port, host = parts.port, (parts.hostname or "").rstrip(".")
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None:
        return False
    if f"{parts.scheme}://{parts.netloc}" in settings.push_services:
        return True
    return parts.scheme == "https" and port in {None, 443} and any(host == service or host.endswith(f".{service}") for service in settings.push_services)
