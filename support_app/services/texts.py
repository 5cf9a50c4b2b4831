"""What people write into a form's free fields: trimmed, and neither too short nor too long."""

from support_app.errors import N_, Invalid


def required_text(text: str, *, least: int, most: int) -> str:
    """The text without blanks around it; raises `Invalid`."""
    trimmed = text.strip()
    if not least <= len(trimmed) <= most:
        raise Invalid(N_("Please write %(least)s to %(most)s characters."), least=least, most=most)
    return trimmed
