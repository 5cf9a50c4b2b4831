"""The tables. Importing this package loads every one of them, so that the metadata is complete."""

from models.activity import CaseActivity
from models.application import VolunteerApplication
from models.audit import AuditEntry
from models.base import Base
from models.case import Case
from models.case_viewer import CaseViewer
from models.certificate import Certificate
from models.circle import Circle, CircleKind
from models.debrief import Debrief
from models.event import Event
from models.helpline import EmergencyNumber, Helpline
from models.membership import Membership, MembershipRole
from models.message import HoldReason, Message, MessageState
from models.mock_chat import MockChat
from models.page import AttemptState, Channel, Page, PageAttempt, PageStep, Trouble
from models.quiz_attempt import QuizAttempt
from models.reach import PushSubscription, ReachSettings
from models.removal import Removal
from models.report import Report
from models.rule_version import RuleVersion
from models.scenario_run import ScenarioRun
from models.screener import ScreenerInstance, ScreenerState
from models.screening import Screening
from models.session import Session
from models.shift import Shift
from models.side_room import SideRoom
from models.topic_opt_out import TopicOptOut
from models.user import Role, User

__all__ = [
    "AttemptState",
    "AuditEntry",
    "Base",
    "Case",
    "CaseActivity",
    "CaseViewer",
    "Certificate",
    "Channel",
    "Circle",
    "CircleKind",
    "Debrief",
    "EmergencyNumber",
    "Event",
    "Helpline",
    "HoldReason",
    "Membership",
    "MembershipRole",
    "Message",
    "MessageState",
    "MockChat",
    "Page",
    "PageAttempt",
    "PageStep",
    "PushSubscription",
    "QuizAttempt",
    "ReachSettings",
    "Removal",
    "Report",
    "Role",
    "RuleVersion",
    "ScenarioRun",
    "ScreenerInstance",
    "ScreenerState",
    "Screening",
    "Session",
    "Shift",
    "SideRoom",
    "TopicOptOut",
    "Trouble",
    "User",
    "VolunteerApplication",
]
