"""What a person's list of conversations can be narrowed by, read from a query string."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import QueryDict
from django.utils import timezone

from voice.models import Conversation, EndReason, ToolRun, Turn
from voice.search import conversations_saying

LONGEST_QUERY = 200
# Rolling, because the site does not know which midnight the reader means.
PERIODS = {"24h": ("Last 24 hours", 1), "7d": ("Last 7 days", 7), "30d": ("Last 30 days", 30)}
ENDINGS = {
    "you": ("You ended it", (EndReason.USER, EndReason.BROWSER_LEFT, EndReason.REPLACED)),
    "limit": (
        "Time limit, budget or silence",
        (EndReason.TIME_LIMIT, EndReason.BUDGET, EndReason.IDLE),
    ),
    "operator": ("The operator ended it", (EndReason.OPERATOR,)),
    "trouble": (
        "Something went wrong",
        (
            EndReason.PROVIDER,
            EndReason.PROVIDER_LOST,
            EndReason.SHUTDOWN,
            EndReason.NOT_CONNECTED,
            EndReason.TAMPERED,
            EndReason.FAILED,
        ),
    ),
}
ANY_TOOL = "any"


@dataclass(frozen=True)
class Filters:
    """The choices; empty is no choice. What is not among the choices counts as none."""

    q: str = ""
    assistant: str = ""
    tool: str = ""
    ended: str = ""
    period: str = ""

    @classmethod
    def read(cls, values: QueryDict) -> Filters:
        """The filters of a query string."""
        named = {name: values.get(name, "").replace("\x00", "").strip() for name in cls.__dataclass_fields__}
        named["q"] = named["q"][:LONGEST_QUERY]
        if named["period"] not in PERIODS:
            named["period"] = ""
        if named["ended"] not in ENDINGS:
            named["ended"] = ""
        return cls(**named)

    @property
    def chosen(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value}

    @property
    def query_string(self) -> str:
        return urlencode(self.chosen)

    def of(self, user_id: int) -> QuerySet[Conversation]:
        """A person's own conversations that fit all choices."""
        rows = own_conversations(user_id)
        if self.q:
            rows = rows.filter(pk__in=conversations_saying(self.q, person=user_id))
        if self.assistant:
            rows = rows.filter(assistant__slug=self.assistant)
        if self.ended:
            rows = rows.filter(end_reason__in=ENDINGS[self.ended][1])
        if self.period:
            rows = rows.filter(started_at__gte=timezone.now() - timedelta(days=PERIODS[self.period][1]))
        return self._with_tool(rows) if self.tool else rows

    def _with_tool(self, rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
        runs = ToolRun.objects.filter(conversation=OuterRef("pk"))
        return rows.filter(Exists(runs if self.tool == ANY_TOOL else runs.filter(name=self.tool)))


def own_conversations(user_id: int) -> QuerySet[Conversation]:
    """What a person finds under "Conversations": their own, without erased ones and unused secrets."""
    rows = Conversation.objects.filter(user_id=user_id, erased_at__isnull=True)
    return rows.exclude(minted=True, provider_call_id="")


def give_titles(rows: list[Conversation]) -> None:
    """Set `title` of each, what the person said first (nothing without a word)."""
    said = Turn.objects.filter(conversation=OuterRef("pk"), role=Turn.Role.USER).exclude(text="")
    first = Subquery(said.order_by("started_at", "id").values("text")[:1])
    # For these rows only: as part of the list's query it would be looked up for every row that is sorted.
    shown = Conversation.objects.filter(pk__in=[row.pk for row in rows]).order_by()
    titles = dict(shown.annotate(title=first).values_list("pk", "title"))
    for row in rows:
        row.title = titles.get(row.pk) or ""  # type: ignore[attr-defined]
