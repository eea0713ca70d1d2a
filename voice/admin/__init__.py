"""The voice app in Django admin."""

from voice.admin.assistants import AssistantAdmin, ToolAdmin
from voice.admin.audit import AuditEventAdmin
from voice.admin.conversations import ConversationAdmin
from voice.admin.redaction import RedactionRuleAdmin
from voice.admin.words import ToolRunAdmin, TurnAdmin

__all__ = [
    "AssistantAdmin",
    "AuditEventAdmin",
    "ConversationAdmin",
    "RedactionRuleAdmin",
    "ToolAdmin",
    "ToolRunAdmin",
    "TurnAdmin",
]
