"""The tables and their constraints, one file a noun, no verbs."""

from calltrack.models.account import Account, ApiKey, Membership, Reason, SignIn, User
from calltrack.models.audit import AuditEntry
from calltrack.models.base import Base
from calltrack.models.call import Call, CallEvent, CallLeg
from calltrack.models.campaign import Campaign, CampaignCost, CostHistory
from calltrack.models.cell import DayCell, DirtyMark
from calltrack.models.change import Change
from calltrack.models.classifier import BlindCheck, BlindDraw, Classifier
from calltrack.models.clip import Clip, Example
from calltrack.models.coaching import Answer, Assignment, Evaluation, Question, Remark, Rubric
from calltrack.models.flow import BlockedCaller, CallFlow, FlowVersion, RingCount, RingTurn, Sound
from calltrack.models.job import Customer, Estimate, Invoice, InvoiceItem, Job, JobLink, JobType, LedgerAccount
from calltrack.models.label import CallNote, CallTag, Label
from calltrack.models.message import Message, OptOut, OutgoingText
from calltrack.models.number import Number, NumberAssignment
from calltrack.models.privacy import Erasure, PrivacyRequest, RecordingPause, RetentionRun
from calltrack.models.reconciliation import Reconciliation
from calltrack.models.recording import Recording, Transcript
from calltrack.models.report import Alert, AlertRule, Report
from calltrack.models.sign_in import Identity, IdentityProvider, MailLink, RecoveryCode, Throttle
from calltrack.models.step import Step
from calltrack.models.tag import SavedView, Tag
from calltrack.models.task import Agent, Task
from calltrack.models.words import CallWords

__all__ = [
    "Account",
    "Agent",
    "Alert",
    "AlertRule",
    "Answer",
    "ApiKey",
    "Assignment",
    "AuditEntry",
    "Base",
    "BlindCheck",
    "BlindDraw",
    "BlockedCaller",
    "Call",
    "CallEvent",
    "CallFlow",
    "CallLeg",
    "CallNote",
    "CallTag",
    "CallWords",
    "Campaign",
    "CampaignCost",
    "Change",
    "Classifier",
    "Clip",
    "CostHistory",
    "Customer",
    "DayCell",
    "DirtyMark",
    "Erasure",
    "Estimate",
    "Evaluation",
    "Example",
    "FlowVersion",
    "Identity",
    "IdentityProvider",
    "Invoice",
    "InvoiceItem",
    "Job",
    "JobLink",
    "JobType",
    "Label",
    "LedgerAccount",
    "MailLink",
    "Membership",
    "Message",
    "Number",
    "NumberAssignment",
    "OptOut",
    "OutgoingText",
    "PrivacyRequest",
    "Question",
    "Reason",
    "Reconciliation",
    "Recording",
    "RecordingPause",
    "RecoveryCode",
    "Remark",
    "Report",
    "RetentionRun",
    "RingCount",
    "RingTurn",
    "Rubric",
    "SavedView",
    "SignIn",
    "Sound",
    "Step",
    "Tag",
    "Task",
    "Throttle",
    "Transcript",
    "User",
]
