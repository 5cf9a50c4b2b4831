"""The training content, read once from files that people can edit: modules with quizzes, scenarios, and cues for own words."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, model_validator

CONTENT = Path(__file__).resolve().parents[1] / "training_content"
FALLBACK = "en"
Effect = Literal["helped", "harder"]
Item = TypeVar("Item", bound="Keyed")


class Part(BaseModel):
    """Any part of the content; an unknown field is a typing mistake and refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Keyed(Part):
    """A part that rows in the database name."""

    key: str


class Source(Part):
    """A public guideline that a module rests on; nothing is copied from it."""

    title: str
    publisher: str
    year: int


class Screen(Part):
    """One page of a module. A blank line ends a paragraph; lines that begin with a hyphen are a list."""

    title: str
    text: str

    @property
    def blocks(self) -> list[str | list[str]]:
        """Paragraphs as text, lists as lists."""
        blocks = [block.strip() for block in self.text.split("\n\n") if block.strip()]
        return [[line.removeprefix("- ") for line in block.splitlines()] if block.startswith("- ") else " ".join(block.splitlines()) for block in blocks]


class Question(Keyed):
    """One question with its options, the key of the right one, and why it is right."""

    text: str
    options: dict[str, str]
    answer: str
    why: str

    @model_validator(mode="after")
    def _answer_is_an_option(self) -> "Question":
        if self.answer not in self.options:
            raise ValueError(self.key)
        return self


class Module(Keyed):
    """A short module: screens to read and a quiz."""

    title: str
    summary: str
    minutes: int
    sources: tuple[Source, ...]
    screens: tuple[Screen, ...]
    questions: tuple[Question, ...]


class Cue(Keyed):
    """Something that own words can do; `phrases` are looked for at the beginning of words, with `question` only where something is asked."""

    phrases: tuple[str, ...]
    effect: Effect
    why: str
    question: bool = False


class Reply(Keyed):
    """One thing to say to the scripted person, where it leads, and what the debrief says about it."""

    text: str
    cue: str
    to: str
    effect: Effect
    why: str


class Node(Keyed):
    """What the scripted person says, and what may be answered; a node without replies is an end."""

    says: tuple[str, ...]
    replies: tuple[Reply, ...] = ()
    ending: Literal["together", "apart"] | None = None


class Scenario(Keyed):
    """A conversation with a scripted person."""

    title: str
    summary: str
    person: str
    before: str
    start: str
    neutral: str
    asides: dict[str, str]
    nodes: tuple[Node, ...]

    def node(self, key: str) -> Node | None:
        """A node by its key; None when the content no longer has it."""
        return next((node for node in self.nodes if node.key == key), None)


class Curriculum(Part):
    """Everything there is to learn, in one language."""

    modules: tuple[Module, ...]
    scenarios: tuple[Scenario, ...]
    cues: tuple[Cue, ...]

    def module(self, key: str) -> Module | None:
        """A module by its key."""
        return _found(self.modules, key)

    def scenario(self, key: str) -> Scenario | None:
        """A scenario by its key."""
        return _found(self.scenarios, key)


@cache
def curriculum(language: str) -> Curriculum:
    """The content in a language, or in English where there is none in it. Modules and scenarios come in the order of their file names."""
    folder = CONTENT / language if (CONTENT / language).is_dir() else CONTENT / FALLBACK
    return Curriculum.model_validate({"modules": _files(folder / "modules"), "scenarios": _files(folder / "scenarios"), **_file(folder / "cues.toml")})


def _files(folder: Path) -> list[dict[str, Any]]:
    return [_file(path) for path in sorted(folder.glob("*.toml"))]


def _file(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _found(items: tuple[Item, ...], key: str) -> Item | None:
    return next((item for item in items if item.key == key), None)
