"""How every page looks: on a phone and on a desk, in both languages, light and dark."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Demo
from tests.browser.site import KINDS, people, walk

WIDTHS = (1280, 390, 320)
SCHEMES = ("light", "dark")

# Frequent English words that are no German ones and stand in no name of the demonstration.
ENGLISH = re.compile(r"\b(the|and|your|you|with|what|this|people|nobody|messages|sign|please|back|help|case|rules|seat)\b", re.IGNORECASE)

OVERFLOW = """() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  const wide = [...document.body.querySelectorAll('*')].filter((element) => element.getBoundingClientRect().right > clientWidth + 1);
  return wide.slice(0, 5).map((element) => `${element.tagName}.${element.className} to ${element.getBoundingClientRect().right}`);
}"""
CUT = """() => [...document.querySelectorAll('h1, h2, h3, button, summary, .button, .tag, label')]
  .filter((element) => element.checkVisibility() && !element.matches('.visually-hidden, .visually-hidden *'))
  .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
  .map((element) => `${element.tagName} "${element.textContent.trim().slice(0, 40)}" ${element.scrollWidth} > ${element.clientWidth}`)"""
LIGHTNESS = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number).reduce((sum, value) => sum + value, 0);
  const style = getComputedStyle(document.body);
  return { paper: channels(style.backgroundColor), ink: channels(style.color) };
}"""
WORDS = """(theirs) => {
  const ours = (element) => !element.closest('script, style, template') && !element.closest(theirs);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const words = [document.title];
  while (walker.nextNode()) if (ours(walker.currentNode.parentElement)) words.push(walker.currentNode.textContent.trim());
  for (const name of ['aria-label', 'title', 'placeholder', 'alt']) {
    for (const element of document.querySelectorAll(`[${name}]`)) if (ours(element)) words.push(element.getAttribute(name));
  }
  return words.filter(Boolean);
}"""
# What people wrote, and what has the same name in every language, is not ours to translate.
THEIRS = "[lang=en], code, [data-testid=message] [data-part=text], .context-text, .case-text, .why q, .own-text, [dir=auto], .circle-card > p, .popover-body > p, [data-testid=rule-version] > p"


def problems(page: Page) -> list[str]:
    """What is wrong with how this page looks, at every width and in both schemes."""
    found = [f"{count} headings of the first rank" for count in [page.locator("h1").count()] if count != 1]
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 860})
        found += [f"{width}px: overflow by {item}" for item in page.evaluate(OVERFLOW)]
        found += [f"{width}px: cut off {item}" for item in page.evaluate(CUT)]
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        light = page.evaluate(LIGHTNESS)
        if (light["paper"] > light["ink"]) is not (scheme == "light" or page.url.endswith("/away")):
            found.append(f"{scheme}: {light}")
    return found


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_page_fits_and_reads_well(kind: str, language: str, demo: Demo, sign_in: Callable[..., Page], new_page: Callable[..., Page]) -> None:
    """Nothing overflows or is cut off on the narrowest phone or a desk, there is one main heading, and dark is dark."""
    page, visits = people(demo, sign_in, new_page)[kind](language=language)
    found: dict[str, Any] = {}
    for visit in walk(page, visits):
        assert page.locator("html").get_attribute("lang") == language
        found[str(visit)] = problems(page)
        if language == "de":
            found[str(visit)] += english_left(page)
    assert {visit: what for visit, what in found.items() if what} == {}


def english_left(page: Page) -> list[str]:
    """Text of ours on a German page that is still English."""
    return [words for words in page.evaluate(WORDS, THEIRS) if ENGLISH.search(words)]
