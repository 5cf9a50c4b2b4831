"""Cases tell their history as activities: who decided, what it meant, when it takes effect, what comes back."""

from alembic import op
import sqlalchemy as sa

from models.base import BigId, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_STATES = ("open", "decided", "closed")
_LEVELS = ("C1", "C2", "C3", "C4", "H1", "H2", "H3", "P")
_CONSEQUENCES = ("none", "warning", "removal", "ban")
_OUTCOMES = (
    "released",
    "returned",
    "kept",
    "withdrawn",
    "screened",
    "supported",
    "passed_on",
    "declined",
    "no_answer",
    "not_needed",
    "acknowledged",
)
_ACTIONS = (
    "opened",
    "claimed",
    "given_back",
    "revealed",
    "level_set",
    "handed_over",
    "escalated",
    "opinion_asked",
    "opinion_given",
    "decided",
    "undone",
    "released",
    "returned",
    "kept",
    "looked_after",
    "follow_up_due",
    "reported",
    "appealed",
    "asked_to_talk",
    "talk_joined",
    "talk_flagged",
    "talk_ended",
    "withdrawn",
    "screened",
)
_OLD_OUTCOMES = ("released", "returned", "acknowledged", "withdrawn", "screened")
_OLD_ACTIONS = ("opened", "claimed", "given_back", "revealed", "released", "returned", "acknowledged", "withdrawn", "screened")
_OLD_KINDS = ("message.new", "message.edited", "message.withdrawn", "message.state", "case.changed", "sessions.ended", "membership.ended")
_NEW_COLUMNS = (
    "origin",
    "appeal_of_id",
    "level_set_by_id",
    "offered_to_id",
    "offered_until",
    "lead_only",
    "opinion_asked",
    "decision",
    "takes_effect_at",
    "follow_up_at",
    "follow_up_by_id",
    "waiting_since",
    "free_since",
)
_REFUSAL = "activities of a case are never changed"


def upgrade() -> None:
    """Apply."""
    _change_cases()
    _make_activities()
    _fill_activities()
    op.drop_index("ix_case_decisions_case_id", table_name="case_decisions")
    op.drop_table("case_decisions")
    _guard_activities()
    _make_removals()
    _make_reports()
    _change_event_kinds((*_OLD_KINDS, "message.restored", "report.changed"))


def downgrade() -> None:
    """Take back. What the tables of before have no words for becomes the nearest they had, and activities they did not know are dropped."""
    op.execute("DELETE FROM events WHERE kind = 'report.changed'")
    op.execute("UPDATE events SET kind = 'message.edited' WHERE kind = 'message.restored'")
    _change_event_kinds(_OLD_KINDS)
    op.drop_table("reports")
    op.drop_index(op.f("ix_removals_user_id"), table_name="removals")
    op.drop_table("removals")
    op.execute("UPDATE cases SET state = 'open', decision = NULL, takes_effect_at = NULL WHERE state = 'decided'")
    op.execute(f"UPDATE cases SET outcome = 'acknowledged' WHERE outcome IS NOT NULL AND outcome NOT IN {_OLD_OUTCOMES}")
    _make_decisions()
    op.drop_table("case_activities")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_activity_change")
    _change_cases_back()


def _enum(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _change_cases() -> None:
    op.drop_index("uq_cases_open_message", table_name="cases")
    with op.batch_alter_table("cases") as cases:
        cases.drop_constraint(op.f("ck_cases_state"), type_="check")
        cases.drop_constraint(op.f("ck_cases_outcome"), type_="check")
        cases.alter_column("state", type_=_enum(_STATES, "state"), existing_type=sa.String(32), existing_nullable=False)
        cases.alter_column("outcome", type_=_enum(_OUTCOMES, "outcome"), existing_type=sa.String(32), existing_nullable=True)
        cases.add_column(sa.Column("origin", _enum(("screening", "author", "report", "appeal"), "origin"), server_default="screening", nullable=False))
        cases.add_column(sa.Column("appeal_of_id", BigId, nullable=True))
        cases.add_column(sa.Column("level_set_by_id", BigId, nullable=True, comment="null: the software's order of the queue"))
        cases.add_column(sa.Column("offered_to_id", BigId, nullable=True, comment="who is asked first: a hand-over, a follow-up"))
        cases.add_column(sa.Column("offered_until", UtcDateTime(), nullable=True))
        cases.add_column(sa.Column("lead_only", sa.Boolean(), server_default=sa.false(), nullable=False, comment="escalated"))
        opinion = "others may read it and say what they think"
        cases.add_column(sa.Column("opinion_asked", sa.Boolean(), server_default=sa.false(), nullable=False, comment=opinion))
        cases.add_column(sa.Column("decision", _enum(("release", "return", "keep"), "decision"), nullable=True))
        cases.add_column(sa.Column("takes_effect_at", UtcDateTime(), nullable=True, comment="until then the decision can be undone"))
        cases.add_column(sa.Column("follow_up_at", UtcDateTime(), nullable=True, comment="when a closed care case comes back"))
        cases.add_column(sa.Column("follow_up_by_id", BigId, nullable=True))
        cases.add_column(sa.Column("waiting_since", UtcDateTime(), nullable=True, comment="opened, or came back; its priority grows from here"))
        free = "since when nobody has it, or had it before who has it now; people are paged from here"
        cases.add_column(sa.Column("free_since", UtcDateTime(), nullable=True, comment=free))
    op.execute("UPDATE cases SET waiting_since = opened_at, free_since = opened_at")
    with op.batch_alter_table("cases") as cases:
        cases.alter_column("waiting_since", existing_type=UtcDateTime(), nullable=False)
        cases.alter_column("free_since", existing_type=UtcDateTime(), nullable=False)
        cases.alter_column("origin", existing_type=sa.String(32), server_default=None)
        cases.alter_column("lead_only", existing_type=sa.Boolean(), server_default=None)
        cases.alter_column("opinion_asked", existing_type=sa.Boolean(), server_default=None)
        cases.create_check_constraint("decided_takes_effect", "(state = 'decided') = (decision IS NOT NULL AND takes_effect_at IS NOT NULL)")
        cases.create_check_constraint("offered_until", "(offered_to_id IS NULL) = (offered_until IS NULL)")
        cases.create_check_constraint("follow_up_has_an_owner", "(follow_up_at IS NULL) = (follow_up_by_id IS NULL)")
        cases.create_foreign_key(op.f("fk_cases_appeal_of_id"), "cases", ["appeal_of_id"], ["id"])
        for column in ("level_set_by_id", "offered_to_id", "follow_up_by_id"):
            cases.create_foreign_key(op.f(f"fk_cases_{column}"), "users", [column], ["id"])
    still = sa.text("state <> 'closed'")
    op.create_index("uq_cases_open_message", "cases", ["message_id", "lane"], unique=True, sqlite_where=still, postgresql_where=still)
    later = sa.text("follow_up_at IS NOT NULL")
    op.create_index("ix_cases_follow_up", "cases", ["follow_up_at"], sqlite_where=later, postgresql_where=later)


def _make_activities() -> None:
    op.create_table(
        "case_activities",
        sa.Column("id", BigId, nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="place in the history of its case, without gaps"),
        sa.Column("actor_id", BigId, nullable=True),
        sa.Column("action", _enum(_ACTIONS, "action"), nullable=False),
        sa.Column("previous_state", _enum(_STATES, "previous_state"), nullable=True),
        sa.Column("state", _enum(_STATES, "state"), nullable=False),
        sa.Column("level", _enum(_LEVELS, "level"), nullable=False),
        sa.Column("owner_id", BigId, nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True, comment="in a person's words: a reason, a question, an answer"),
        sa.Column("public", sa.Boolean(), nullable=False, comment="the author of the message reads the note"),
        sa.Column("rule", sa.String(length=40), nullable=True, comment="for a return: the rule that was broken"),
        sa.Column("rules_version", sa.Integer(), nullable=True, comment="for a return: the version of the circle's rules then in force"),
        sa.Column("consequence", _enum(_CONSEQUENCES, "consequence"), nullable=True),
        sa.Column("follow_up_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_case_activities_actor_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_case_activities_owner_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_activities_case_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_activities")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_case_activities_case_id_number")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_case_activities_actor", "case_activities", ["actor_id", "created_at"], unique=False)


def _fill_activities() -> None:
    """The steps of before, numbered; acknowledged cases are looked after now. A case's last step says how the case stands, earlier ones that it was open."""
    op.execute(
        """
        INSERT INTO case_activities
            (case_id, number, actor_id, action, previous_state, state, level, owner_id, note, public, rule, created_at)
        SELECT step.case_id,
               (SELECT count(*) FROM case_decisions earlier WHERE earlier.case_id = step.case_id AND earlier.id <= step.id),
               step.actor_id,
               CASE step.action WHEN 'acknowledged' THEN 'looked_after' ELSE step.action END,
               CASE WHEN step.action = 'opened' THEN NULL ELSE 'open' END,
               CASE WHEN step.id = (SELECT max(id) FROM case_decisions last WHERE last.case_id = step.case_id) THEN cases.state ELSE 'open' END,
               cases.level,
               CASE WHEN step.id = (SELECT max(id) FROM case_decisions last WHERE last.case_id = step.case_id) THEN cases.owner_id ELSE NULL END,
               step.note,
               step.note IS NOT NULL,
               step.rule,
               step.created_at
        FROM case_decisions step JOIN cases ON cases.id = step.case_id
        ORDER BY step.id
        """
    )


def _guard_activities() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"CREATE FUNCTION refuse_activity_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$")
        op.execute("CREATE TRIGGER case_activities_never_changed BEFORE UPDATE ON case_activities FOR EACH ROW EXECUTE FUNCTION refuse_activity_change()")
        return
    op.execute(f"CREATE TRIGGER case_activities_no_update BEFORE UPDATE ON case_activities BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END")


def _make_removals() -> None:
    op.create_table(
        "removals",
        sa.Column("circle_id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_removals_case_id")),
        sa.ForeignKeyConstraint(["circle_id"], ["circles.id"], name=op.f("fk_removals_circle_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_removals_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("circle_id", "user_id", name=op.f("pk_removals")),
    )
    op.create_index(op.f("ix_removals_user_id"), "removals", ["user_id"], unique=False)


def _make_decisions() -> None:
    op.create_table(
        "case_decisions",
        sa.Column("id", BigId, nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("actor_id", BigId, nullable=True),
        sa.Column("action", _enum(_OLD_ACTIONS, "action"), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=True, comment="for a return: the reason in words, which the author reads"),
        sa.Column("rule", sa.String(length=40), nullable=True, comment="for a return: the rule that was broken"),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_case_decisions_actor_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_decisions_case_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_decisions")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_case_decisions_case_id"), "case_decisions", ["case_id"], unique=False)
    op.execute(
        f"""
        INSERT INTO case_decisions (case_id, actor_id, action, note, rule, created_at)
        SELECT case_id, actor_id, CASE action WHEN 'looked_after' THEN 'acknowledged' ELSE action END, note, rule, created_at
        FROM case_activities WHERE action IN {(*_OLD_ACTIONS, "looked_after")} ORDER BY id
        """
    )


def _change_cases_back() -> None:
    op.drop_index("uq_cases_open_message", table_name="cases")
    op.drop_index("ix_cases_follow_up", table_name="cases")
    with op.batch_alter_table("cases") as cases:
        for name in ("decided_takes_effect", "offered_until", "follow_up_has_an_owner"):
            cases.drop_constraint(op.f(f"ck_cases_{name}"), type_="check")
        for name in ("origin", "decision", "state", "outcome"):
            cases.drop_constraint(op.f(f"ck_cases_{name}"), type_="check")
        for name in ("appeal_of_id", "level_set_by_id", "offered_to_id", "follow_up_by_id"):
            cases.drop_constraint(op.f(f"fk_cases_{name}"), type_="foreignkey")
        for name in _NEW_COLUMNS:
            cases.drop_column(name)
        cases.alter_column("state", type_=_enum(("open", "closed"), "state"), existing_type=sa.String(32), existing_nullable=False)
        cases.alter_column("outcome", type_=_enum(_OLD_OUTCOMES, "outcome"), existing_type=sa.String(32), existing_nullable=True)
    still = sa.text("state = 'open'")
    op.create_index("uq_cases_open_message", "cases", ["message_id", "lane"], unique=True, sqlite_where=still, postgresql_where=still)


def _make_reports() -> None:
    op.create_table(
        "reports",
        sa.Column("id", BigId, nullable=False),
        sa.Column("message_id", BigId, nullable=False),
        sa.Column("reporter_id", BigId, nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_reports_case_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_reports_message_id")),
        sa.ForeignKeyConstraint(["reporter_id"], ["users.id"], name=op.f("fk_reports_reporter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("message_id", "reporter_id", name=op.f("uq_reports_message_id_reporter_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_reports_reporter_id"), "reports", ["reporter_id"], unique=False)
    op.create_index(op.f("ix_reports_case_id"), "reports", ["case_id"], unique=False)


def _change_event_kinds(kinds: tuple[str, ...]) -> None:
    with op.batch_alter_table("events") as events:
        events.drop_constraint(op.f("ck_events_kind"), type_="check")
        events.alter_column("kind", type_=_enum(kinds, "kind"), existing_type=sa.String(32), existing_nullable=False)
