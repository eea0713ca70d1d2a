"""What may be written into a tool; the slips are named beside their fields."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django import forms

from voice.models import McpServer, Tool
from voice.models.tool_fields import HttpMethod
from voice.outbound.templates import arguments_in
from voice.tools.http.definition import header_problems, problems, split_url, template_problems
from voice.tools.registry import code_tool

HTTP_FIELDS = ("http_method", "http_url", "http_query", "http_headers", "http_body", "http_pick")
FROM_THE_SERVER = ("name", "description", "parameters", "kind", "mcp_server", "mcp_name")
"""What an operator cannot change of an MCP tool: it is what its server says."""


class SchemaInput(forms.Textarea):
    """A box for JSON Schema; the page adds a preview of the form under it."""

    def __init__(self) -> None:
        super().__init__(attrs={"rows": 16, "class": "vLargeTextField schema-input", "spellcheck": "false"})


class JsonInput(forms.Textarea):
    """A low box for JSON of a few lines."""

    def __init__(self) -> None:
        super().__init__(attrs={"rows": 3, "class": "vLargeTextField bench-json", "spellcheck": "false"})


class JsonOrNothing(forms.JSONField):
    """JSON whose absence is an empty box."""

    def prepare_value(self, value: Any) -> Any:
        return "" if value is None else super().prepare_value(value)


class ToolForm(forms.ModelForm):
    """Refuses a tool that could not run: a function that is not shipped, a request that makes no sense."""

    class Meta:
        field_classes = {"http_body": JsonOrNothing}
        widgets = {
            "parameters": SchemaInput,
            "description": forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
            "http_url": forms.TextInput(attrs={"class": "vLargeTextField"}),
            "http_query": JsonInput,
            "http_headers": JsonInput,
            "http_body": JsonInput,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            # MCP tools are made by reading a server's list.
            kinds = [choice for choice in Tool.Kind.choices if choice[0] != Tool.Kind.MCP]
            self.fields["kind"].choices = kinds  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        """A name that differs in capitals only would be mistaken by people and models alike."""
        name: str = self.cleaned_data["name"]
        if Tool.objects.filter(name__iexact=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(f"There is a tool called {name} already.")
        return name

    def clean_parameters(self) -> Any:
        """Providers want the properties named, also when there are none."""
        parameters = self.cleaned_data["parameters"]
        is_bare = isinstance(parameters, dict) and "properties" not in parameters
        return {**parameters, "properties": {}} if is_bare else parameters

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if "ask_s" in values and values["ask_s"] is None:
            values["ask_s"] = Tool._meta.get_field("ask_s").get_default()
        for field in ("http_query", "http_headers"):
            if field in self.fields:
                values[field] = values.get(field) or {}
        if "http_method" in self.fields:
            values["http_method"] = values.get("http_method") or HttpMethod.GET
        name, kind = values.get("name", ""), values.get("kind")
        shipped = code_tool(name) if name else None
        if kind == Tool.Kind.CODE and name and shipped is None:
            self.add_error("name", f"This site ships no function called {name}.")
        if kind == Tool.Kind.HTTP:
            self._clean_request(values)
            if shipped is not None:
                self.add_error("name", f"{name} is the name of a function that this site ships.")
        return values

    def _clean_request(self, values: dict[str, Any]) -> None:
        if set(self.errors) & {*HTTP_FIELDS, "parameters"}:
            return
        written = SimpleNamespace(**{field: values.get(field) for field in (*HTTP_FIELDS, "parameters")})
        for field, problem in problems(written):
            self.add_error(field, problem)


class McpServerForm(forms.ModelForm):
    """Refuses an address or a header that could not be used."""

    class Meta:
        model = McpServer
        fields = ["name", "url", "headers", "prefix"]
        widgets = {"url": forms.TextInput(attrs={"class": "vLargeTextField"}), "headers": JsonInput}

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if split_url(url) is None:
            raise forms.ValidationError(
                "An address is needed that starts with http:// or https:// and a plain host name."
            )
        if "{" in url:
            raise forms.ValidationError("Secrets stand in the headers, not in the address.")
        return url

    def clean_headers(self) -> Any:
        headers = self.cleaned_data.get("headers") or {}
        if not isinstance(headers, dict) or not all(isinstance(text, str) for text in headers.values()):
            raise forms.ValidationError('A JSON object of texts is needed, such as {"X-Key": "${ENV:NAME}"}.')
        found = [*header_problems("headers", headers), *template_problems("headers", headers)]
        if arguments_in(headers):
            found.append(("headers", "Only secrets stand here, as ${ENV:NAME}."))
        if found:
            raise forms.ValidationError([problem for _, problem in found])
        return headers
