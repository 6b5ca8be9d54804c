"""The tables and their constraints, one file a noun, no verbs."""

from calltrack.models.account import Account, ApiKey, Membership, Reason, SignIn, User
from calltrack.models.base import Base
from calltrack.models.call import Call, CallEvent, CallLeg
from calltrack.models.campaign import Campaign, CampaignCost, CostHistory
from calltrack.models.cell import DayCell, DirtyMark
from calltrack.models.change import Change
from calltrack.models.classifier import BlindCheck, BlindDraw, Classifier
from calltrack.models.job import Customer, Estimate, Invoice, InvoiceItem, Job, JobLink, JobType, LedgerAccount
from calltrack.models.label import CallNote, CallTag, Label
from calltrack.models.message import Message
from calltrack.models.number import Number, NumberAssignment
from calltrack.models.recording import Recording, Transcript
from calltrack.models.report import Alert, AlertRule, Report
from calltrack.models.step import Step

__all__ = [
    "Account",
    "Alert",
    "AlertRule",
    "ApiKey",
    "Base",
    "BlindCheck",
    "BlindDraw",
    "Call",
    "CallEvent",
    "CallLeg",
    "CallNote",
    "CallTag",
    "Campaign",
    "CampaignCost",
    "Change",
    "Classifier",
    "CostHistory",
    "Customer",
    "DayCell",
    "DirtyMark",
    "Estimate",
    "Invoice",
    "InvoiceItem",
    "Job",
    "JobLink",
    "JobType",
    "Label",
    "LedgerAccount",
    "Membership",
    "Message",
    "Number",
    "NumberAssignment",
    "Reason",
    "Recording",
    "Report",
    "SignIn",
    "Step",
    "Transcript",
    "User",
]
