"""Redaction rules: what is taken out of words before they are stored."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import ValidationError

from voice.models import RedactionRule
from voice.redaction import Rule, redact
from voice.validators import validate_pattern


@admin.register(RedactionRule)
class RedactionRuleAdmin(admin.ModelAdmin):
    """Patterns with what stands in their place, and a sample to see it on. Held from the next word on."""

    list_display = ["name", "enabled", "on_person", "on_assistant", "on_tools", "becomes"]
    list_editable = ["enabled"]
    list_filter = ["enabled"]
    search_fields = ["name"]
    readonly_fields = ["becomes"]
    fieldsets = [
        (None, {"fields": ["name", "pattern", "replacement", "enabled"]}),
        ("Applied to", {"fields": ["on_person", "on_assistant", "on_tools"]}),
        ("Try it", {"fields": ["sample", "becomes"]}),
    ]

    @admin.display(description="the sample becomes")
    def becomes(self, rule: RedactionRule) -> str:
        try:
            validate_pattern(rule.pattern)
        except ValidationError:
            return ""
        return redact(rule.sample, [Rule(rule.pattern, rule.replacement)]) if rule.sample else ""
