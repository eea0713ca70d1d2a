"""Money in Django admin: prices, budgets, the site's limits, and the Costs page."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from voice.admin.cost_page import page_context, read_days
from voice.admin.reading import ReadOnly
from voice.budgets import spent_of
from voice.cost_reports import BY, as_csv, per
from voice.costs import price_unpriced
from voice.errors import BadInput
from voice.models import Budget, CallLimits, Cost, ModelPrice, Usage

UNPRICED_DAYS = 30
FILL = "fill"


@admin.register(ModelPrice)
class ModelPriceAdmin(admin.ModelAdmin):
    """A new price is a new row: `save as new` takes the old one for a start."""

    list_display = ["model", "valid_from", "text", "audio", "image", "minute"]
    search_fields = ["model", "source"]
    save_as = True
    actions = ["price_usage"]
    fieldsets = [
        (None, {"fields": ["model", "valid_from"]}),
        (
            "US dollars per 1,000,000 tokens",
            {
                "fields": [
                    ("text_in", "cached_text_in", "text_out"),
                    ("audio_in", "cached_audio_in", "audio_out"),
                    ("image_in", "cached_image_in"),
                ],
                "description": "Empty means unknown, and what uses it has no known cost. Free is 0.",
            },
        ),
        ("US dollars per minute", {"fields": ["per_minute"]}),
        ("Where it was read", {"fields": ["source", "source_date", "currency"]}),
    ]

    def save_model(self, request: HttpRequest, obj: ModelPrice, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change:
            kept = "What was priced before keeps its cost; this price holds for usage stored from now on."
            self.message_user(request, kept, messages.WARNING)

    @admin.display(description="text in / cached / out")
    def text(self, price: ModelPrice) -> str:
        return _figures(price.text_in, price.cached_text_in, price.text_out)

    @admin.display(description="audio in / cached / out")
    def audio(self, price: ModelPrice) -> str:
        return _figures(price.audio_in, price.cached_audio_in, price.audio_out)

    @admin.display(description="image in / cached")
    def image(self, price: ModelPrice) -> str:
        return _figures(price.image_in, price.cached_image_in)

    @admin.display(description="a minute")
    def minute(self, price: ModelPrice) -> str:
        return _figures(price.per_minute)

    @admin.action(description="Price usage of these models whose cost is unknown", permissions=["change"])
    def price_usage(self, request: HttpRequest, prices: QuerySet[ModelPrice]) -> None:
        models = set(prices.values_list("model", flat=True))
        rows = Usage.objects.all()
        # Snapshots of a model are priced by its row, so their names only begin alike.
        wanted = [name for name in _unpriced_models() if any(name.startswith(model) for model in models)]
        self.message_user(request, _filled(rows.filter(model__in=wanted)), messages.SUCCESS)


def _figures(*prices: Decimal | None) -> str:
    """Prices without the noughts that the database keeps; a dash where none is known."""
    if all(price is None for price in prices):
        return "-"
    return " / ".join("-" if price is None else f"{price.normalize():f}" for price in prices)


def _unpriced_models() -> list[str]:
    rows = Usage.objects.filter(pricing=Usage.Pricing.UNKNOWN).order_by()
    return list(rows.values_list("model", flat=True).distinct())


def _filled(rows: QuerySet[Usage]) -> str:
    filled = price_unpriced(rows)
    return f"Priced {filled.priced} rows of usage; {filled.still_unknown} are still unknown."


@admin.register(Budget)
class BudgetAdmin(admin.ModelAdmin):
    """Who may spend how much. A warning comes at 80 %, the end at 100 %."""

    list_display = ["whose", "amount", "period", "spent", "enabled"]
    list_editable = ["enabled"]
    list_filter = ["enabled", "period", "group"]
    list_select_related = ["user", "group"]
    autocomplete_fields = ["user"]
    search_fields = ["user__username", "group__name"]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Says which used models a budget cannot see."""
        recent = Usage.objects.filter(at__gte=timezone.now() - timedelta(days=UNPRICED_DAYS))
        unknown = recent.filter(pricing=Usage.Pricing.UNKNOWN).order_by()
        if names := sorted(unknown.values_list("model", flat=True).distinct()):
            told = ", ".join(name or "(no name)" for name in names)
            self.message_user(
                request, f"Budgets do not count models without a price: {told}.", messages.WARNING
            )
        return super().changelist_view(request, extra_context)

    @admin.display(description="spent so far")
    def spent(self, budget: Budget) -> str:
        amount = spent_of(budget)
        return "each apart" if amount is None else f"{amount:.2f}"


@admin.register(CallLimits)
class CallLimitsAdmin(admin.ModelAdmin):
    """One row, so its list is its form."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        row, _ = CallLimits.objects.get_or_create(pk=CallLimits.SINGLE)
        return HttpResponseRedirect(reverse("admin:voice_calllimits_change", args=[row.pk]))


@admin.register(Cost)
class CostAdmin(ReadOnly, admin.ModelAdmin):
    """The Costs page: what calls cost, by day, person, assistant, model and call."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The page, its table as CSV, or a POST that prices what is unknown."""
        if not self.has_view_permission(request):
            return super().changelist_view(request, extra_context)
        may_fill = request.user.has_perm("voice.change_modelprice")
        if request.method == "POST" and may_fill and FILL in request.POST:
            self.message_user(request, _filled(Usage.objects.all()), messages.SUCCESS)
            return HttpResponseRedirect(request.get_full_path())
        error = ""
        try:
            days = read_days(request.GET)
        except BadInput as exc:
            days, error = read_days({}), exc.message
        by = next((known for known in BY if known == request.GET.get("by")), BY[0])
        if request.GET.get("format") == "csv" and not error:
            return _file(as_csv(by, per(by, days)), f"costs-{days.first}-{days.last}-by-{by}.csv")
        context = {
            **self.admin_site.each_context(request),
            **page_context(days),
            "opts": self.opts,
            "title": "Costs",
            "error": error,
            "may_fill": may_fill,
        }
        return TemplateResponse(request, "admin/voice/cost/costs.html", context, status=400 if error else 200)


def _file(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
