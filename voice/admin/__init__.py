"""The voice app in Django admin."""

from voice.admin.assistants import AssistantAdmin, ToolAdmin
from voice.admin.audit import AuditEventAdmin
from voice.admin.conversations import ConversationAdmin, ToolRunAdmin, TurnAdmin

__all__ = ["AssistantAdmin", "AuditEventAdmin", "ConversationAdmin", "ToolAdmin", "ToolRunAdmin", "TurnAdmin"]
