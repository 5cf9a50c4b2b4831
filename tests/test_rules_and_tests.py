"""The page that says which tests try to break which rule speaks of tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "rules-and-tests.md"
NAMED = re.compile(r"`(test_\w+)`")
DEFINED = re.compile(r"^\s*(?:async )?def (test_\w+)\(", re.MULTILINE)


def test_every_test_it_names_exists() -> None:
    """A test that was renamed or taken out leaves no promise behind that nobody keeps."""
    there = {name for path in (ROOT / "tests").rglob("test_*.py") for name in DEFINED.findall(path.read_text())}
    assert sorted(set(NAMED.findall(PAGE.read_text())) - there) == []


def test_every_rule_names_a_test() -> None:
    """And every test of a hostile client stands on the page."""
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ") and not line.startswith("| Rule")]
    assert [row for row in rows if not NAMED.search(row)] == []
    hostile = {name for path in (ROOT / "tests").rglob("test_hostile_*.py") for name in DEFINED.findall(path.read_text())}
    controls = {"test_conduct_still_has_them", "test_another_person_does", "test_after_an_undo_the_other_one_may"}  # that the refusals are not for everybody
    assert sorted(hostile - controls - set(NAMED.findall(PAGE.read_text()))) == []
