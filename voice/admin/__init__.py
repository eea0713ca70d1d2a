"""The voice app in Django admin."""

from voice.admin.assistants import AssistantAdmin, ToolAdmin
from voice.admin.audit import AuditEventAdmin
from voice.admin.conversations import ConversationAdmin
from voice.admin.mcp_servers import McpServerAdmin
from voice.admin.money import BudgetAdmin, CallLimitsAdmin, CostAdmin, ModelPriceAdmin
from voice.admin.policy import CallPolicyAdmin
from voice.admin.redaction import RedactionRuleAdmin
from voice.admin.tool_checks import ToolCheckAdmin
from voice.admin.words import ToolRunAdmin, TurnAdmin

__all__ = [
    "AssistantAdmin",
    "AuditEventAdmin",
    "BudgetAdmin",
    "CallLimitsAdmin",
    "CallPolicyAdmin",
    "ConversationAdmin",
    "CostAdmin",
    "McpServerAdmin",
    "ModelPriceAdmin",
    "RedactionRuleAdmin",
    "ToolAdmin",
    "ToolCheckAdmin",
    "ToolRunAdmin",
    "TurnAdmin",
]
