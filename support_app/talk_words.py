"""What people read about a talk: on the care card, in the room, beside the case."""

from typing import Any

from flask_babel import gettext

from support_app.errors import N_
from support_app.services.side_room_view import RoomView
from support_app.services.talks import Talk, TalkState

ENDED_ON_CARD = {
    True: N_("You ended this talk. You can read it again, or ask once more."),
    False: N_("This talk has ended. You can read it again, or ask once more."),
}


def talk_json(talk: Talk | None) -> dict[str, Any] | None:
    """A talk as the care card tells it: how it stands, in a sentence, and the way in."""
    if talk is None:
        return None
    return {"state": talk.state.value, "text": _card_sentence(talk), "url": f"/circles/{talk.circle_id}" if talk.circle_id else None}


def talk_title(view: RoomView) -> str:
    """What the room is called by whoever looks."""
    if not view.of_member:
        return str(gettext("Talk with %(name)s", name=view.member))
    return str(gettext("Talk with %(name)s", name=view.talk.volunteer) if view.talk.volunteer else gettext("Talk with a volunteer"))


def talk_lines(view: RoomView) -> list[str]:
    """How the talk stands and who is in it, in sentences for whoever looks."""
    lines = [_member_sentence(view.talk) if view.of_member else _volunteer_sentence(view)]
    return lines + [gettext("%(name)s, a lead, has joined and reads along.", name=name) for name in view.leads]


def room_json(view: RoomView) -> dict[str, Any]:
    """The same for a page that is open."""
    return {"title": talk_title(view), "state": view.talk.state.value, "lines": talk_lines(view)}


def _card_sentence(talk: Talk) -> str | None:
    if talk.state is TalkState.OFFERED:
        return None
    if talk.state is TalkState.ENDED:
        return str(gettext(ENDED_ON_CARD[talk.ended_by_member]))
    if talk.state is TalkState.WAITING:
        return str(
            gettext(
                "You asked to talk. Nobody has come yet. You can already write in the room; your words wait there. If it cannot wait, please reach a helpline now."
            )
        )
    if talk.state is TalkState.LEFT:
        return str(
            gettext(
                "%(name)s had to go. Nobody from our team is here right now; somebody else can come. If it cannot wait, please reach a helpline now.",
                name=talk.volunteer,
            )
        )
    if talk.asked:
        return str(gettext("%(name)s from our team is here.", name=talk.volunteer))
    return str(gettext("%(name)s from our team has opened a room to talk with you, if you like.", name=talk.volunteer))


def _member_sentence(talk: Talk) -> str:
    if talk.ended_by_member:
        return str(gettext("You ended this talk. That is all right. What was said stays here for you to read, and you can ask again at any time."))
    if talk.state is TalkState.ENDED:
        return str(gettext("This talk has ended. Thank you for the trust. What was said stays here for you to read."))
    if talk.state is TalkState.WAITING:
        return str(gettext("Nobody has come yet. You can already write; your words wait here until somebody from our team comes."))
    if talk.state is TalkState.LEFT:
        return str(gettext("%(name)s had to go. Nobody from our team is here right now. You can still write; your words wait here.", name=talk.volunteer))
    return str(gettext("%(name)s from our team is here for you.", name=talk.volunteer))


def _volunteer_sentence(view: RoomView) -> str:
    if view.talk.ended_by_member:
        return str(gettext("%(name)s ended this talk and can ask again. It can still be read; nobody can write here.", name=view.member))
    if view.talk.state is TalkState.ENDED:
        return str(gettext("This talk has ended. It can still be read; nobody can write here."))
    if view.talk.state is TalkState.WAITING:
        return str(gettext("%(name)s asked to talk. Nobody has come yet.", name=view.member))
    if view.talk.state is TalkState.LEFT:
        return str(gettext("%(name)s has handed the case over. Nobody is with %(member)s right now.", name=view.talk.volunteer, member=view.member))
    return str(gettext("%(volunteer)s talks with %(member)s.", volunteer=view.talk.volunteer, member=view.member))
