"""Conversations with scripted people: a state machine from the content files, whose state the server keeps."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, delete, insert, select, update

from models import ScenarioRun
from support_app.access import Actor, require_reviewer
from support_app.database import AnyRow, Database
from support_app.errors import N_, Conflict, Invalid, NotFound
from support_app.services.certificates import issue_if_due
from support_app.services.cues import find_cue
from support_app.services.curriculum import FALLBACK, Effect, Node, Reply, Scenario, curriculum
from support_app.services.texts import required_text

WORDS_LENGTH = (2, 500)
MOST_STEPS = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the conversation."""

    who: Literal["person", "me"]
    text: str


@dataclass(frozen=True, slots=True)
class Remark:
    """What the debrief says about one thing the learner said."""

    said: str
    effect: Effect
    why: str


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation as far as it has gone; `remarks` are there at its end only."""

    scenario: Scenario
    node: Node | None  # None: not begun
    lines: list[Line]
    step: int
    remarks: list[Remark]
    completed_at: datetime | None


def talk(db: Database, actor: Actor, key: str, *, language: str, now: datetime) -> Talk:
    """Where the actor stands in a scenario."""
    scenario = find_scenario(key, language)
    with db.read() as connection:
        require_reviewer(connection, actor, now=now)
        run = connection.execute(_run(actor, key)).one_or_none()
    node = scenario.node(run.node) if run else None
    if run is None or node is None:
        return Talk(scenario, None, [], 0, [], run.completed_at if run else None)
    remarks = [] if node.replies else _remarks(scenario, run.steps, language)
    return Talk(scenario, node, _lines(scenario, run.steps), len(run.steps), remarks, run.completed_at)


def start(db: Database, actor: Actor, key: str, *, now: datetime) -> None:
    """Begin, or begin again: what was written before is deleted; that the scenario was completed stays."""
    scenario = find_scenario(key, FALLBACK)
    mine = (ScenarioRun.user_id == actor.user_id) & (ScenarioRun.scenario == key)
    with db.write() as connection:
        require_reviewer(connection, actor, now=now)
        completed_at = connection.execute(select(ScenarioRun.completed_at).where(mine)).scalar_one_or_none()
        connection.execute(delete(ScenarioRun).where(mine))
        row = {"user_id": actor.user_id, "scenario": key, "node": scenario.start, "steps": [], "started_at": now, "completed_at": completed_at}
        connection.execute(insert(ScenarioRun).values(row))


def choose(db: Database, actor: Actor, key: str, *, step: int, reply_key: str, now: datetime) -> None:
    """Say one of the replies that the page offers; `step` is the number of steps the page has seen."""
    with db.write() as connection:
        run, node = _open_run(connection, actor, key, step, now)
        reply = next((reply for reply in node.replies if reply.key == reply_key), None)
        if reply is None:
            raise Invalid(N_("Please choose one of the answers, or write your own."))
        _take_step(connection, actor, run, {"node": node.key, "reply": reply.key}, to=reply.to, now=now)


def say(db: Database, actor: Actor, key: str, *, step: int, words: str, language: str, now: datetime) -> None:
    """Say something in one's own words: where a cue fits one of the replies they lead where it leads, else the person answers and stays."""
    own = required_text(words, least=WORDS_LENGTH[0], most=WORDS_LENGTH[1])
    with db.write() as connection:
        run, node = _open_run(connection, actor, key, step, now)
        cue = find_cue(own, curriculum(language).cues)
        reply = next((reply for reply in node.replies if cue and reply.cue == cue.key), None)
        taken = {"node": node.key, "reply": reply.key if reply else None, "words": own, "cue": cue.key if cue else None}
        _take_step(connection, actor, run, taken, to=reply.to if reply else node.key, now=now)


def find_scenario(key: str, language: str) -> Scenario:
    """A scenario in a language; raises `NotFound`."""
    scenario = curriculum(language).scenario(key)
    if scenario is None:
        raise NotFound
    return scenario


def _run(actor: Actor, key: str) -> Any:
    return select(ScenarioRun.__table__).where(ScenarioRun.user_id == actor.user_id, ScenarioRun.scenario == key)


def _open_run(connection: Connection, actor: Actor, key: str, step: int, now: datetime) -> tuple[AnyRow, Node]:
    """The run and where it stands, locked; a page that is behind meets `Conflict`."""
    require_reviewer(connection, actor, now=now)
    scenario = find_scenario(key, FALLBACK)
    run = connection.execute(_run(actor, key).with_for_update()).one_or_none()
    node = scenario.node(run.node) if run else None
    if run is None or node is None or not node.replies or len(run.steps) != step:
        raise Conflict
    if step >= MOST_STEPS:
        raise Conflict(N_("This conversation has become very long. Please begin it again."))
    return run, node


def _take_step(connection: Connection, actor: Actor, run: AnyRow, taken: dict[str, Any], *, to: str, now: datetime) -> None:
    mine = (ScenarioRun.user_id == actor.user_id) & (ScenarioRun.scenario == run.scenario)
    values: dict[str, Any] = {"steps": [*run.steps, taken], "node": to}
    reached = find_scenario(run.scenario, FALLBACK).node(to)
    if reached and reached.ending == "together":
        values["completed_at"] = now
    connection.execute(update(ScenarioRun).where(mine).values(values))
    issue_if_due(connection, actor.user_id, now=now)


def _lines(scenario: Scenario, steps: list[dict[str, Any]]) -> list[Line]:
    lines = _says(scenario.node(scenario.start))
    for step in steps:
        reply = _reply_of(scenario, step)
        lines.append(Line("me", step.get("words") or (reply.text if reply else "")))
        lines += _says(scenario.node(reply.to)) if reply else [Line("person", scenario.asides.get(step.get("cue") or "", scenario.neutral))]
    return lines


def _says(node: Node | None) -> list[Line]:
    return [Line("person", text) for text in node.says] if node else []


def _remarks(scenario: Scenario, steps: list[dict[str, Any]], language: str) -> list[Remark]:
    """Own words that fitted none of the replies are judged by their cue, and not at all when they held none."""
    cues = {cue.key: cue for cue in curriculum(language).cues}
    judged = [(step, _reply_of(scenario, step) or cues.get(step.get("cue") or "")) for step in steps]
    return [Remark(step.get("words") or (found.text if isinstance(found, Reply) else ""), found.effect, found.why) for step, found in judged if found]


def _reply_of(scenario: Scenario, step: dict[str, Any]) -> Reply | None:
    node = scenario.node(step["node"])
    return next((reply for reply in node.replies if reply.key == step["reply"]), None) if node else None
