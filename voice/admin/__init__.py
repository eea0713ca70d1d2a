"""The voice app in Django admin."""

from voice.admin.assistants import AssistantAdmin, ToolAdmin
from voice.admin.audit import AuditEventAdmin
from voice.admin.conversations import ConversationAdmin, ToolRunAdmin, TurnAdmin
from voice.admin.money import BudgetAdmin, CallLimitsAdmin, CostAdmin, ModelPriceAdmin

__all__ = [
    "AssistantAdmin",
    "AuditEventAdmin",
    "BudgetAdmin",
    "CallLimitsAdmin",
    "ConversationAdmin",
    "CostAdmin",
    "ModelPriceAdmin",
    "ToolAdmin",
    "ToolRunAdmin",
    "TurnAdmin",
]
