"""Phase: contact details, written plainly or spelled out, that would take people out of the circle's protection."""

import re

from moderation.findings import Candidate, Finding, Scores
from moderation.phases.numbers import digit_runs, spelled_runs
from moderation.taxonomy import ReasonCode
from moderation.text import visible

PHASE = "contacts"
_PHONE_DIGITS = range(8, 16)
_SPELLED_PHONE_DIGITS = 7

# Every repetition below is bounded and starts at a fixed word or a word's edge, so the time stays linear.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,4}[a-z]{2,24}(?!\w)", re.IGNORECASE)
_AT = r"(?:[(\[{<] ?(?:at|ät|a|@) ?[)\]}>]|at|ät|@)"
_DOT = r"(?:[(\[{<] ?(?:dot|punkt|\.) ?[)\]}>]|dot|punkt)"
_ENDING = r"(?:com|net|org|de|at|ch|eu|uk|co|me|io|info|gmx|fr|ie|ca|au|nz|in)"
_SPELLED_EMAIL = re.compile(
    rf"(?<!\w)[\w.+-]{{2,64}} ?{_AT} ?[\w-]{{2,40}} ?(?:{_DOT} ?{_ENDING}|\.(?:com|net|org|de))(?!\w)",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?://\S|(?<!\w)www\.\w|(?<!\w)(?:discord\.gg|t\.me|wa\.me|bit\.ly)/\w", re.IGNORECASE)
# Endings that are also words ("so.at home", "tell.me") count only when a path follows.
_DOMAIN = re.compile(
    r"(?<![\w.@-])(?:[\w-]{2,63}\.){1,4}"
    r"(?:(?:com|net|org|info|de|ch|uk|eu|io|gg|app|dev|online|xyz|shop)(?!\w)|(?:at|me|co|in|to|tv|ly)/\w)",
    re.IGNORECASE,
)

_PLATFORM = (
    r"(?:insta|instagram|ig|snap|snapchat|discord|telegram|tiktok|tik tok|whats ?app|signal|skype|kik"
    r"|twitter|facebook|fb|messenger|threema|reddit|wickr|tumblr|bluesky|mastodon|steam)"
)
_HANDLE = r"(?:@\w[\w.]{2,31}|(?=[a-z._]{0,31}[\d_.#])[a-z][\w.#]{2,31}\w)"
_NAMED_HANDLE = re.compile(
    rf"(?<!\w){_PLATFORM}(?:'s)?(?:[ :=>-]{{1,3}}(?:is|ist|name|handle|user|username|id|me|als|as|heißt|heiße|ich|unter"
    rf"|at|acc|account|mein|meins)){{0,3}}[ :=>-]{{1,3}}{_HANDLE}(?!\w)",
    re.IGNORECASE,
)
_MEET_THERE = re.compile(
    r"(?<!\w)(?:(?:add|find|dm|message|text|write|follow|hit|reach|contact) (?:me|us)(?: up)? (?:on|over on|via|at)"
    r"|(?:schreib|schreibt|add|adde|folg|folgt|such|findet|kontaktier) (?:mir|mich)(?: mal| doch| gern| gerne)?"
    rf" (?:auf|bei|über|per|in)) (?:my |mein |meinem )?{_PLATFORM}(?!\w)",
    re.IGNORECASE,
)
_TAG = re.compile(r"(?<![\w#])\w{2,32}#\d{4}(?!\w)")
_PATTERNS = (_EMAIL, _SPELLED_EMAIL, _LINK, _DOMAIN, _NAMED_HANDLE, _MEET_THERE, _TAG)


def check_contacts(candidate: Candidate, _scores: Scores | None) -> list[Finding]:
    """Find e-mail addresses, phone numbers, links and handles, unless the circle allows them."""
    if not candidate.rules.stop_contacts:
        return []
    text = candidate.helplines.taken_out(visible(candidate.text))
    found = any(pattern.search(text) for pattern in _PATTERNS) or _has_phone(text)
    return [Finding(ReasonCode.CONTACT, PHASE)] if found else []


def _has_phone(text: str) -> bool:
    typed = any(len("".join(groups)) in _PHONE_DIGITS for groups in digit_runs(text))
    return typed or any(len(run) >= _SPELLED_PHONE_DIGITS for run in spelled_runs(text))
