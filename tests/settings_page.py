"""Writes docs/settings.md from the settings themselves: `python -m tests.settings_page`."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from support_app.settings import Settings, variable_name

PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
HEAD = """# Settings

Every setting is an environment variable. An unknown `PEER_CIRCLES_...` variable or a value that cannot be read refuses to start, in words.
This table is made from `support_app/settings.py` by `python -m tests.settings_page`, and a test compares them.

| Variable | Values | Default | What it does |
|---|---|---|---|
"""
KINDS = {int: "whole number", str: "text", Path: "path", tuple[str, ...]: "list with commas", Mapping[str, str]: "pairs with commas"}


def settings_page() -> str:
    """The whole page."""
    hints = get_type_hints(Settings)
    rows = [
        f"| `{variable_name(item.name)}` | {values_of(hints[item.name])} | {default_of(item.default)} | {item.metadata['help']} |" for item in fields(Settings)
    ]
    return HEAD + "\n".join(rows) + "\n"


def values_of(hint: Any) -> str:
    """What may be written."""
    if get_origin(hint) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(hint))
    if isinstance(hint, UnionType):
        hint = get_args(hint)[0]
    return KINDS[hint]


def default_of(value: Any) -> str:
    """What counts when nothing is written."""
    if isinstance(value, tuple):
        value = ",".join(value)
    return f"`{value}`" if value not in {"", None} else "empty"


if __name__ == "__main__":
    PAGE.write_text(settings_page())
