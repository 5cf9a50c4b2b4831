"""Every page against the Web Content Accessibility Guidelines, as far as axe-core can tell."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import ROOT, Demo
from tests.browser.site import KINDS, people, walk

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
BYPASS_CSP = True  # axe is injected, which the policy rightly forbids
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """async (levels) => (await axe.run(document, { runOnly: levels, resultTypes: ['violations'] })).violations
  .flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(' ')}: ${node.failureSummary.replaceAll('\\n', ' ')}`))"""


@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "de")])
@pytest.mark.parametrize("kind", KINDS)
def test_no_page_breaks_the_guidelines(kind: str, scheme: str, language: str, demo: Demo, sign_in: Callable[..., Page], new_page: Callable[..., Page]) -> None:
    """No rule of WCAG 2.2, level A or AA, is broken on a phone, in either scheme, with everything opened that can be."""
    page, visits = people(demo, sign_in, new_page)[kind](scheme=scheme, language=language, width=390, bypass_csp=BYPASS_CSP)
    found = {str(visit): violations(page) for visit in walk(page, visits)}
    assert {visit: broken for visit, broken in found.items() if broken} == {}


def violations(page: Page) -> list[str]:
    """What axe-core finds on this page."""
    page.add_script_tag(path=AXE)
    broken: list[str] = page.evaluate(RUN, LEVELS)
    return broken
