"""The tables. Importing this package loads every one of them, so that the metadata is complete."""

from models.application import VolunteerApplication
from models.audit import AuditEntry
from models.base import Base
from models.case import Case
from models.certificate import Certificate
from models.circle import Circle
from models.decision import CaseDecision
from models.event import Event
from models.membership import Membership, MembershipRole
from models.message import HoldReason, Message, MessageState
from models.mock_chat import MockChat
from models.quiz_attempt import QuizAttempt
from models.rule_version import RuleVersion
from models.scenario_run import ScenarioRun
from models.screener import ScreenerInstance, ScreenerState
from models.screening import Screening
from models.session import Session
from models.user import Role, User

__all__ = [
    "AuditEntry",
    "Base",
    "Case",
    "CaseDecision",
    "Certificate",
    "Circle",
    "Event",
    "HoldReason",
    "Membership",
    "MembershipRole",
    "Message",
    "MessageState",
    "MockChat",
    "QuizAttempt",
    "Role",
    "RuleVersion",
    "ScenarioRun",
    "ScreenerInstance",
    "ScreenerState",
    "Screening",
    "Session",
    "User",
    "VolunteerApplication",
]
