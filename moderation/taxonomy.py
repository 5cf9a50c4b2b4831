"""The single list of labels, lanes, levels, verdicts and reasons that everything else is checked against."""

from enum import StrEnum


class Label(StrEnum):
    """What the classifier scores, each from 0 to 1 and independent of the others."""

    HARASSMENT = "harassment"
    GOADING = "goading"
    CRISIS = "crisis"
    IMMINENT = "imminent"
    CONCERN = "concern"


class Lane(StrEnum):
    """The two questions asked about every message; they never share a queue, a clock or a word."""

    CONDUCT = "conduct"
    CARE = "care"


LANE_OF_LABEL = {
    Label.HARASSMENT: Lane.CONDUCT,
    Label.GOADING: Lane.CONDUCT,
    Label.CRISIS: Lane.CARE,
    Label.IMMINENT: Lane.CARE,
    Label.CONCERN: Lane.CARE,
}


class Level(StrEnum):
    """How urgently a person must look; the model only proposes it, a volunteer sets it."""

    C1 = "C1"  # distress, no wish to die
    C2 = "C2"  # ideation, or worry about somebody else
    C3 = "C3"  # method in mind without intent, or self-harm now or recently
    C4 = "C4"  # imminent
    H1 = "H1"  # rude, details to stop, repetition
    H2 = "H2"  # targeted
    H3 = "H3"  # hate, threat, sexual, goading
    P = "P"  # minor, abuse disclosure, doxxing


LEVELS_OF_LANE = {
    Lane.CARE: (Level.C1, Level.C2, Level.C3, Level.C4),
    Lane.CONDUCT: (Level.H1, Level.H2, Level.H3, Level.P),
}
SECONDS_TO_ACKNOWLEDGE = {
    Level.C2: 300,
    Level.C3: 180,
    Level.C4: 60,
    Level.H1: 300,
    Level.H2: 120,
    Level.H3: 60,
    Level.P: 120,
}


class Verdict(StrEnum):
    """What happens to a message after screening."""

    DELIVER = "deliver"
    DELIVER_ALERT = "deliver_alert"
    NUDGE = "nudge"
    HOLD = "hold"


class CrisisMode(StrEnum):
    """How a circle treats a message that shows a person in crisis."""

    DELIVER_AND_ALERT = "deliver_and_alert"
    HOLD_UNSAFE = "hold_unsafe"  # hold goading, pacts and imminent risk; deliver and alert the rest
    HOLD_ALL = "hold_all"


class ReasonCode(StrEnum):
    """Why a message was not simply delivered. Each has plain words in `explain`."""

    BLANK = "blank"
    TOO_LONG = "too_long"
    REPEATED = "repeated"
    UNREAD = "unread"
    CONTACT = "contact"
    MONEY = "money"
    DOSAGE = "dosage"
    WATCHED_PHRASE = "watched_phrase"
    HARASSMENT = "harassment"
    GOADING = "goading"
    CRISIS = "crisis"
    IMMINENT = "imminent"
    CONCERN = "concern"
    SCREENER_UNAVAILABLE = "screener_unavailable"
    AUTHOR_ASKED = "author_asked"
