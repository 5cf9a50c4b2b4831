"""Accounts and sessions: what ends a session, and who may change whom."""

import pytest
from sqlalchemy import select, update

from models import AuditEntry, Event, Role, Session, User
from models.event import EventKind
from support_app.errors import Banned, Forbidden, Invalid, NameTaken, NotFound, NotSignedIn, SignInFailed
from support_app.services import accounts, own
from tests.factories import World

PHRASE = "four words in a row"


def register(world: World, name: str = "Quiet Otter", phrase: str = PHRASE) -> int:
    return accounts.register(world.db, name=name, pass_phrase=phrase, locale="en", now=world.now)


def sign_in(world: World, name: str = "Quiet Otter", phrase: str = PHRASE) -> accounts.OpenedSession:
    return accounts.sign_in(world.db, name=name, pass_phrase=phrase, now=world.now, days=14)


def is_signed_in(world: World, token: str) -> bool:
    try:
        accounts.find_actor(world.db, token=token, now=world.now)
    except (NotSignedIn, Banned):
        return False
    return True


def announced(world: World, user_id: int) -> int:
    """How often live servers were told to look at somebody's sockets."""
    query = select(Event.id).where(Event.kind == EventKind.SESSIONS_ENDED, Event.user_id == user_id)
    with world.db.read() as connection:
        return len(connection.execute(query).all())


class TestRegister:
    def test_and_sign_in(self, world: World) -> None:
        """The name is found again however it is spelled; the pass phrase only as it was chosen."""
        user_id = register(world)
        for spelling in ("Quiet Otter", "quiet otter", "  QUIET   OTTER ", "\uff31uiet Otter"):
            opened = sign_in(world, spelling)
            assert (opened.actor.user_id, opened.actor.name, opened.actor.role) == (user_id, "Quiet Otter", Role.MEMBER)
        for name, phrase in (("Quiet Otter", PHRASE.upper()), ("Quiet Otter", PHRASE + " "), ("Nobody", PHRASE), ("Quiet Otter", "")):
            with pytest.raises(SignInFailed):
                sign_in(world, name, phrase)

    def test_a_name_belongs_to_one_person(self, world: World) -> None:
        """Not in another spelling either, so that nobody can pose as somebody else."""
        register(world, "Strasse")
        for other in ("Strasse", "STRASSE", "straße", " strasse "):
            with pytest.raises(NameTaken):
                register(world, other)

    @pytest.mark.parametrize("name", ["", "a", "x" * 41, "a\u202eb", "a\x00b", "a\u200bb", "\u2066ab"])
    def test_names_are_visible_and_short(self, small_world: World, name: str) -> None:
        """No invisible characters, no overrides."""
        with pytest.raises(Invalid):
            register(small_world, name)

    def test_line_breaks_become_spaces(self, small_world: World) -> None:
        """A name is one line."""
        assert accounts.clean_name(" Quiet\n\tOtter ") == "Quiet Otter"

    @pytest.mark.parametrize("phrase", ["", "x" * 11, "x" * 201])
    def test_pass_phrases_have_a_length(self, small_world: World, phrase: str) -> None:
        """Refused before anything is stored."""
        with pytest.raises(Invalid):
            register(small_world, phrase=phrase)
        with small_world.db.read() as connection:
            assert connection.execute(select(User.id).where(User.name == "Quiet Otter")).first() is None

    def test_the_pass_phrase_and_token_are_not_stored(self, world: World) -> None:
        """Only hashes of them, each of its kind."""
        register(world)
        opened = sign_in(world)
        with world.db.read() as connection:
            stored = str(connection.execute(select(User.__table__)).all()) + str(connection.execute(select(Session.__table__)).all())
        assert PHRASE not in stored
        assert opened.token not in stored
        assert "$argon2id$" in stored


class TestSessions:
    def test_sign_out_ends_this_one_only(self, world: World) -> None:
        """The other browser of the same person stays signed in; live servers are told to look."""
        register(world)
        here, there = sign_in(world), sign_in(world)
        accounts.sign_out(world.db, token=here.token, now=world.now)
        assert (is_signed_in(world, here.token), is_signed_in(world, there.token)) == (False, True)
        assert announced(world, here.actor.user_id) == 1
        accounts.sign_out(world.db, token=here.token, now=world.now)
        assert announced(world, here.actor.user_id) == 1

    def test_everywhere(self, world: World) -> None:
        """All of a person's sessions end, nobody else's; then they can sign in again."""
        register(world)
        opened = [sign_in(world) for _ in range(3)]
        assert own.count_sessions(world.db, opened[0].actor, now=world.now) == 3
        accounts.end_own_sessions(world.db, opened[0].actor, now=world.now)
        assert [is_signed_in(world, one.token) for one in opened] == [False] * 3
        assert accounts.valid_session_ids(world.db, {world.robin.session_id}, now=world.now) == {world.robin.session_id}
        assert is_signed_in(world, sign_in(world).token)
        with pytest.raises(NotSignedIn):
            accounts.end_own_sessions(world.db, opened[1].actor, now=world.now)

    def test_expire(self, world: World) -> None:
        """To the second, and the next sign-in sweeps the remains away."""
        register(world)
        old = sign_in(world)
        world.pass_time(days=14, seconds=-1)
        assert is_signed_in(world, old.token)
        world.pass_time(seconds=1)
        assert not is_signed_in(world, old.token)
        assert accounts.valid_session_ids(world.db, {old.actor.session_id}, now=world.now) == set()
        new = sign_in(world)
        with world.db.read() as connection:
            left = connection.execute(select(Session.id).where(Session.user_id == new.actor.user_id)).scalars().all()
        assert left == [new.actor.session_id]

    def test_a_made_up_token_is_nobody(self, world: World) -> None:
        """Nor is an empty one, nor the stored hash of a real one."""
        register(world)
        opened = sign_in(world)
        for token in ("", "x" * 43, accounts.token_hash(opened.token)):
            assert not is_signed_in(world, token)

    def test_valid_ids(self, world: World) -> None:
        """What the live server asks: of many sessions, those that still count."""
        everyone = {actor.session_id for actor in (world.robin, world.willow, world.volunteer)}
        accounts.ban(world.db, world.admin, user_id=world.robin.user_id, reason="a reason", now=world.now)
        accounts.end_own_sessions(world.db, world.willow, now=world.now)
        assert accounts.valid_session_ids(world.db, everyone, now=world.now) == {world.volunteer.session_id}

    def test_an_epoch_that_moved_ends_them_too(self, world: World) -> None:
        """Even if a session's row were left behind: it counts only with the account's present epoch."""
        register(world)
        opened = sign_in(world)
        with world.db.write() as connection:
            connection.execute(update(User).values(auth_epoch=User.auth_epoch + 1))
        assert not is_signed_in(world, opened.token)
        assert accounts.valid_session_ids(world.db, {opened.actor.session_id}, now=world.now) == set()
        with pytest.raises(NotSignedIn):
            world.send(world.robin, "hello")


class TestBan:
    def test_ends_everything(self, world: World) -> None:
        """No session, no sign-in, no new session; live servers close the sockets."""
        user_id = register(world)
        opened = sign_in(world)
        accounts.ban(world.db, world.admin, user_id=user_id, reason="a reason", now=world.now)
        assert not is_signed_in(world, opened.token)
        assert announced(world, user_id) == 1
        with pytest.raises(Banned):
            sign_in(world)
        with pytest.raises(Banned):
            accounts.open_session(world.db, user_id=user_id, now=world.now, days=1)

    def test_a_wrong_pass_phrase_does_not_tell_of_a_ban(self, world: World) -> None:
        """Only the person themselves learns that their account was closed."""
        user_id = register(world)
        accounts.ban(world.db, world.admin, user_id=user_id, reason="a reason", now=world.now)
        with pytest.raises(SignInFailed):
            sign_in(world, phrase="not the pass phrase")

    def test_can_be_lifted(self, world: World) -> None:
        """The account opens again; sessions of before stay ended."""
        user_id = register(world)
        before = sign_in(world)
        accounts.ban(world.db, world.admin, user_id=user_id, reason="a reason", now=world.now)
        accounts.unban(world.db, world.admin, user_id=user_id, now=world.now)
        assert not is_signed_in(world, before.token)
        assert is_signed_in(world, sign_in(world).token)

    def test_is_on_record(self, world: World) -> None:
        """Who, whom, why."""
        accounts.ban(world.db, world.admin, user_id=world.robin.user_id, reason="threats", now=world.now)
        with world.db.read() as connection:
            row = connection.execute(select(AuditEntry.__table__).where(AuditEntry.action == "account.banned")).one()
        assert (row.actor_id, row.subject, row.details) == (world.admin.user_id, f"user:{world.robin.user_id}", {"reason": "threats"})


class TestRoles:
    def test_a_new_role_needs_a_new_sign_in(self, world: World) -> None:
        """Nobody carries an old role in an open session."""
        user_id = register(world)
        before = sign_in(world)
        accounts.set_role(world.db, world.admin, user_id=user_id, role=Role.VOLUNTEER, now=world.now)
        assert not is_signed_in(world, before.token)
        assert sign_in(world).actor.role is Role.VOLUNTEER

    def test_the_same_role_changes_nothing(self, world: World) -> None:
        """And signs nobody out."""
        accounts.set_role(world.db, world.admin, user_id=world.robin.user_id, role=Role.MEMBER, now=world.now)
        assert announced(world, world.robin.user_id) == 0

    def test_only_admins_change_people(self, world: World) -> None:
        """Neither members nor volunteers, and an admin not themselves."""
        target = world.willow.user_id
        for actor in (world.robin, world.volunteer):
            for attempt in changes(world, actor, target):
                with pytest.raises(Forbidden):
                    attempt()
        for attempt in changes(world, world.admin, world.admin.user_id):
            with pytest.raises(Invalid):
                attempt()
        for attempt in changes(world, world.admin, 999_999):
            with pytest.raises(NotFound):
                attempt()


def changes(world: World, actor, user_id: int) -> list:
    """Everything an admin may do to somebody, as calls."""
    return [
        lambda: accounts.set_role(world.db, actor, user_id=user_id, role=Role.ADMIN, now=world.now),
        lambda: accounts.ban(world.db, actor, user_id=user_id, reason="a reason", now=world.now),
        lambda: accounts.unban(world.db, actor, user_id=user_id, now=world.now),
    ]


def test_language_is_remembered(world: World) -> None:
    """The next session speaks the chosen language."""
    register(world)
    accounts.set_locale(world.db, sign_in(world).actor, locale="de")
    assert sign_in(world).actor.locale == "de"
