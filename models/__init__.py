"""The tables. Importing this package loads every one of them, so that the metadata is complete."""

from models.audit import AuditEntry
from models.base import Base
from models.case import Case
from models.circle import Circle
from models.debrief import Debrief
from models.decision import CaseDecision
from models.event import Event
from models.membership import Membership, MembershipRole
from models.message import HoldReason, Message, MessageState
from models.rule_version import RuleVersion
from models.screener import ScreenerInstance, ScreenerState
from models.screening import Screening
from models.session import Session
from models.shift import Shift
from models.topic_opt_out import TopicOptOut
from models.user import Role, User

__all__ = [
    "AuditEntry",
    "Base",
    "Case",
    "CaseDecision",
    "Circle",
    "Debrief",
    "Event",
    "HoldReason",
    "Membership",
    "MembershipRole",
    "Message",
    "MessageState",
    "Role",
    "RuleVersion",
    "ScreenerInstance",
    "ScreenerState",
    "Screening",
    "Session",
    "Shift",
    "TopicOptOut",
    "User",
]
