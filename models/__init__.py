"""The tables. Importing this package loads every one of them, so that the metadata is complete."""

from models.audit import AuditEntry
from models.base import Base
from models.case import Case
from models.circle import Circle, CircleKind
from models.decision import CaseDecision
from models.event import Event
from models.membership import Membership, MembershipRole
from models.message import HoldReason, Message, MessageState
from models.rule_version import RuleVersion
from models.screener import ScreenerInstance, ScreenerState
from models.screening import Screening
from models.session import Session
from models.side_room import SideRoom
from models.user import Role, User

__all__ = [
    "AuditEntry",
    "Base",
    "Case",
    "CaseDecision",
    "Circle",
    "CircleKind",
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
    "SideRoom",
    "User",
]
