"""What tests of the training's pages fill in and look for."""

import re

WISH = {"why": "I would like to give something back, slowly.", "hours": "3", "languages": "English, Deutsch"}
REASON = {"reason": "Trained at another charity; I have seen the papers."}


def done(page: str, kind: str) -> list[str]:
    """Which steps of the path are done, in their order."""
    return re.findall(rf'data-testid="{kind}" data-done="(\w+)"', page)
