"""Every sentence has its German, with the same placeholders."""

import re
from functools import cache

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from tests.source import PACKAGES, ROOT


class TestTranslations:
    """Nobody meets a half-translated page in a bad hour."""

    def test_none_is_missing(self) -> None:
        """Every sentence has its German, and none is a guess."""
        german, sentences = catalogue(), extracted()
        assert len(sentences) > 200
        missing = [f"{places[0]}: {message!r}" for message, places in sentences.items() if not is_whole(german.get(message))]
        assert missing == []

    def test_placeholders_are_the_same(self) -> None:
        """What is filled in is filled in there too."""
        german = catalogue()
        wrong = [message for message in extracted() if (found := german.get(message)) and any(names(form) != names(message) for form in forms(found))]
        assert wrong == []


@cache
def extracted() -> dict[str | tuple[str, ...], list[str]]:
    """Every sentence marked for translation, with where it stands."""
    found: dict[str | tuple[str, ...], list[str]] = {}
    methods: dict[str, list[tuple[str, str]]] = {"templates": [("**.html", "jinja2")]} | {package: [("**.py", "python")] for package in PACKAGES}
    for folder, method in methods.items():
        keywords = DEFAULT_KEYWORDS | {"N_": None, "lazy_gettext": None}
        for file, line, message, _, _ in extract_from_dir(ROOT / folder, method_map=method, keywords=keywords, comment_tags=()):
            found.setdefault(message, []).append(f"{folder}/{file}:{line}")
    return found


def catalogue() -> Catalog:
    """The German sentences."""
    with (ROOT / "support_app" / "translations" / "de" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale="de")


def forms(message: Message) -> list[str]:
    """The translation, in all its plural forms."""
    return [message.string] if isinstance(message.string, str) else list(message.string)


def is_whole(message: Message | None) -> bool:
    return message is not None and not message.fuzzy and all(form.strip() for form in forms(message))


def names(message: str | tuple[str, ...]) -> set[str]:
    """The placeholders of a sentence; a plural's forms may leave the number out."""
    found = {name for form in ([message] if isinstance(message, str) else message) for name in re.findall(r"%\((\w+)\)[sd]", form)}
    return found - {"num"}
