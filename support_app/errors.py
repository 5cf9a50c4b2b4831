"""Every refusal a person can meet: a code for programs, a status for HTTP and a safe sentence for the person."""

from typing import Any, ClassVar


def N_(message: str) -> str:  # noqa: N802 (the usual name of gettext's marker)
    """Mark a sentence for translation without translating it yet."""
    return message


class Refusal(Exception):  # noqa: N818 (a refusal is an answer, not a fault)
    """Base of all refusals. The sentence never repeats what the person wrote."""

    code: ClassVar[str] = "invalid"
    status: ClassVar[int] = 400
    sentence: ClassVar[str] = N_("That request could not be understood.")

    def __init__(self, sentence: str | None = None, *, retry_after: float | None = None, **values: Any) -> None:
        super().__init__(self.code)
        self.own_sentence = sentence or self.sentence
        self.retry_after = retry_after
        self.values = values


class Invalid(Refusal):
    """Wrong types, unknown or missing fields."""


class UnknownEvent(Refusal):
    """An event that the protocol does not have."""

    code = "unknown_event"
    sentence = N_("This page asked for something the server does not know. Please reload it.")


class Blank(Refusal):
    """Nothing to send."""

    code = "blank"
    sentence = N_("There is nothing in this message yet.")


class TooLong(Refusal):
    """Longer than allowed."""

    code = "too_long"
    sentence = N_("This message is too long. Up to %(limit)s characters fit; nothing has been lost, you can shorten it or send it in parts.")


class CsrfFailed(Refusal):
    """The page's token is missing or old."""

    code = "csrf"
    sentence = N_("This page is out of date. Please reload it and try again.")


class NotSignedIn(Refusal):
    """No session, or it has ended."""

    code = "not_signed_in"
    status = 401
    sentence = N_("Please sign in first.")


class WrongOrigin(Refusal):
    """A handshake from another site."""

    code = "wrong_origin"
    status = 403
    sentence = N_("This connection came from another site and was refused.")


class SignInFailed(Refusal):
    """Name and pass phrase do not belong together."""

    code = "sign_in_failed"
    status = 401
    sentence = N_("This name and pass phrase do not go together.")


class Banned(Refusal):
    """The account was closed by the team."""

    code = "banned"
    status = 403
    sentence = N_("This account was closed by the team. Help is still there for you: see the help page.")


class AccountClosed(Banned):
    """The same for somebody who knew the pass phrase: they are told why, and may ask another person to look again."""

    def __init__(self, user_id: int) -> None:
        super().__init__()
        self.user_id = user_id


class Forbidden(Refusal):
    """The role does not allow it."""

    code = "forbidden"
    status = 403
    sentence = N_("Your role does not include this.")


class NotCertified(Refusal):
    """A volunteer without a certificate in force would handle a case."""

    code = "not_certified"
    status = 403
    sentence = N_("Cases open for you once you have a valid certificate. The training page shows what comes next.")


class ConflictOfInterest(Refusal):
    """A volunteer would decide about their own circle, message, report or decision."""

    code = "conflict_of_interest"
    status = 403
    sentence = N_("Somebody else decides this one: it concerns you, your circle or a decision of yours.")


class NotFound(Refusal):
    """No such thing, or none that this person may know of."""

    code = "not_found"
    status = 404
    sentence = N_("This is not here, or not for you to see.")


class Conflict(Refusal):
    """Somebody or something changed it first."""

    code = "conflict"
    status = 409
    sentence = N_("This changed in the meantime. Please look at the newer state and decide again.")


class NameTaken(Refusal):
    """Another account has this pseudonym."""

    code = "name_taken"
    status = 409
    sentence = N_("Somebody here already has this name. Please choose another one.")


class CircleFull(Refusal):
    """No free seat."""

    code = "circle_full"
    status = 409
    sentence = N_("All seats in this circle are taken right now.")


class Claimed(Refusal):
    """Another volunteer holds the case."""

    code = "claimed"
    status = 409
    sentence = N_("Somebody else is already looking at this one.")


class LeaseLost(Refusal):
    """The claim ran out or was given back."""

    code = "lease_lost"
    status = 409
    sentence = N_("Your claim on this case has ended. Claim it again to decide.")


class TalkEnded(Refusal):
    """A talk with a volunteer is over; it can be read and no longer written in."""

    code = "talk_ended"
    status = 409
    sentence = N_("This talk has ended. You can still read it; nothing new can be sent here.")


class NotOnDuty(Refusal):
    """Cases are for people whose shift runs."""

    code = "not_on_duty"
    status = 409
    sentence = N_("You are not on duty. Start your shift first; then you can take a case.")


class PleaseConsider(Refusal):
    """Somebody who feels worst wants to start a shift: they are asked a second time, and then they decide."""

    code = "please_consider"
    status = 409
    sentence = N_("Not starting today is a good decision. If you want to start all the same, please say so once more.")


class InPause(Refusal):
    """A hard case was a moment ago."""

    code = "in_pause"
    status = 409
    sentence = N_("You are in your pause after a hard case. Nothing is asked of you until it is over.")


class ShiftLimit(Refusal):
    """A shift has as many cases and hours as is good for anybody."""

    code = "shift_limit"
    status = 409
    sentence = N_("You have done as much as fits into one shift. Thank you. Please let others take it from here, and rest.")


class RateLimited(Refusal):
    """Too many in a short time."""

    code = "rate_limited"
    status = 429
    sentence = N_("That was very fast. Please wait a moment; your message is still here and can be sent again.")


class TooManyAttempts(RateLimited):
    """Somebody, or something, keeps trying pass phrases or making accounts."""

    sentence = N_("There were too many attempts from here. Please wait a minute, then try again.")


class Busy(Refusal):
    """The database did not answer in time; nothing was stored."""

    code = "busy"
    status = 503
    sentence = N_("The server is very busy. Nothing was stored; please try again in a moment.")
