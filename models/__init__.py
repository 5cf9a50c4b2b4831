"""The tables. Importing this package loads every one of them, so that the metadata is complete."""

from models.audit import AuditEntry
from models.base import Base
from models.case import Case
from models.circle import Circle
from models.decision import CaseDecision
from models.event import Event
from models.membership import Membership, MembershipRole
from models.message import HoldReason, Message, MessageState
from models.page import AttemptState, Channel, Page, PageAttempt, PageStep, Trouble
from models.reach import PushSubscription, ReachSettings
from models.rule_version import RuleVersion
from models.screener import ScreenerInstance, ScreenerState
from models.screening import Screening
from models.session import Session
from models.user import Role, User

__all__ = [
    "AttemptState",
    "AuditEntry",
    "Base",
    "Case",
    "CaseDecision",
    "Channel",
    "Circle",
    "Event",
    "HoldReason",
    "Membership",
    "MembershipRole",
    "Message",
    "MessageState",
    "Page",
    "PageAttempt",
    "PageStep",
    "PushSubscription",
    "ReachSettings",
    "Role",
    "RuleVersion",
    "ScreenerInstance",
    "ScreenerState",
    "Screening",
    "Session",
    "Trouble",
    "User",
]
