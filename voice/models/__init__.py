"""What is stored of assistants, tools and calls. Rows only: deciding is done elsewhere."""

from voice.models.approvals import Decision, ToolApproval
from voice.models.assistants import Assistant, Keep, Tool
from voice.models.audit import AuditAction, AuditEvent
from voice.models.conversations import Conversation, EndReason, ToolRun, Turn, Usage
from voice.models.mcp_servers import McpServer
from voice.models.money import Budget, CallLimits, Cost, ModelPrice
from voice.models.policy import CallPolicy
from voice.models.redaction import RedactionRule
from voice.models.search import SearchText
from voice.models.tool_checks import ToolCheck

__all__ = [
    "Assistant",
    "AuditAction",
    "AuditEvent",
    "Budget",
    "CallLimits",
    "CallPolicy",
    "Conversation",
    "Decision",
    "Cost",
    "EndReason",
    "Keep",
    "McpServer",
    "ModelPrice",
    "RedactionRule",
    "SearchText",
    "Tool",
    "ToolApproval",
    "ToolCheck",
    "ToolRun",
    "Turn",
    "Usage",
]
