"""Tools in the admin: made, refused when they could not run, tried on the bench."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from tests.voice.conftest import make_user
from tests.voice.outbound.service import Service
from tests.voice.views.test_pages import spoken
from voice.models import AuditEvent, Conversation, McpServer, Tool, ToolCheck

__all__ = ["spoken"]

KEY = "s3cret-k3y"
SCHEMA = {
    "type": "object",
    "properties": {"article": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["article"],
}


@pytest.fixture
def operator(demo: Any) -> Client:
    return logged_in(make_user("operator", is_staff=True, is_superuser=True))


@pytest.fixture
def service(settings: Any) -> Iterator[Service]:
    made = Service()
    settings.TOOL_PRIVATE_HOSTS = (made.at,)
    settings.TOOL_SECRETS = ("KEY",)
    settings.TOOL_SECRET_VALUES = {"KEY": KEY}
    yield made
    made.close()


@pytest.fixture
def tool(demo: Any, service: Service) -> Tool:
    return Tool.objects.create(
        name="stock",
        kind="http",
        description="Counts what is in stock.",
        parameters=SCHEMA,
        http_url=f"{service.url}/stock/{{article}}",
        http_query={"days": "{days}"},
        http_headers={"X-Key": "${ENV:KEY}"},
    )


def logged_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def staff(name: str, *codenames: str) -> Any:
    user = make_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def written(**fields: str) -> dict[str, str]:
    return {
        "name": "stock",
        "description": "Counts what is in stock.",
        "parameters": json.dumps(SCHEMA),
        "kind": "http",
        "http_url": "https://api.example.org/stock/{article}",
        "enabled": "on",
        "timeout_s": "5",
        **fields,
    }


def test_http_tool_is_made(operator: Client):
    assert operator.post("/admin/voice/tool/add/", written()).status_code == 302
    made = Tool.objects.get(name="stock")
    assert (made.kind, made.http_method, made.http_query, made.http_body) == ("http", "GET", {}, None)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"http_url": ""}, "plain host name"),
        ({"http_url": "https://{article}/"}, "plain host name"),
        ({"http_query": '{"x": "{other}"}'}, "{other} is not among the parameters."),
        ({"http_headers": '{"X": "${ENV:DJANGO_SECRET_KEY}"}'}, "DJANGO_SECRET_KEY is not in TOOL_SECRETS."),
        ({"parameters": '{"type": "string"}'}, "at the top is needed"),
        ({"parameters": '{"type": "object", "oneOf": []}'}, "Providers take no"),
        ({"parameters": '{"type": "object", "properties": {"a": {"type": "txt"}}}'}, "Not a JSON Schema at"),
        ({"parameters": '{"type": "object", "required": ["z"]}'}, "is required, but is not among"),
        (
            {"parameters": '{"type": "object", "properties": {"a": {"$ref": "http://x/"}}}'},
            "this schema only",
        ),
        ({"name": "Get_Weather"}, "There is a tool called Get_Weather already."),
        ({"kind": "mcp"}, "Select a valid choice"),
    ],
)
def test_tool_that_could_not_run_is_refused(operator: Client, fields: dict[str, str], words: str):
    page = operator.post("/admin/voice/tool/add/", written(**fields))
    assert page.status_code == 200
    assert words in page.content.decode().replace("&#x27;", "'").replace("&quot;", '"')
    assert not Tool.objects.filter(description="Counts what is in stock.").exists()


def test_mcp_tool_shows_its_server_and_is_switched_on_only(operator: Client):
    server = McpServer.objects.create(name="House", url="https://house.example.org/mcp")
    tool = Tool.objects.create(
        name="lamp", kind="mcp", description="Switches.", mcp_server=server, mcp_name="lamp", enabled=False
    )
    url = f"/admin/voice/tool/{tool.pk}/change/"
    page = operator.get(url).content.decode()
    assert "House" in page and 'name="http_url"' not in page and 'name="parameters"' not in page
    operator.post(url, {"title": "Lamp", "enabled": "on", "timeout_s": "5", "description": "other"})
    tool.refresh_from_db()
    assert (tool.title, tool.enabled, tool.description, tool.kind) == ("Lamp", True, "Switches.", "mcp")


def test_server_without_a_sound_address_or_header_is_refused(operator: Client):
    values = {"name": "House", "url": "ftp://house", "headers": '{"Authorization": "Bearer abc"}'}
    inline = {f"tools-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}
    page = operator.post("/admin/voice/mcpserver/add/", values | inline).content.decode()
    assert "plain host name" in page and "must come from a secret" in page
    assert not McpServer.objects.exists()


def test_new_server_that_cannot_be_read_is_kept_and_says_why(operator: Client):
    values = {"name": "House", "url": "http://127.0.0.1:1/mcp", "headers": "{}"}
    inline = {f"tools-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")}
    page = operator.post("/admin/voice/mcpserver/add/", values | inline, follow=True).content.decode()
    assert "House was not read. This tool points to an address that it may not reach." in page
    assert "not in TOOL_PRIVATE_HOSTS" in McpServer.objects.get().problem


# The bench ------------------------------------------------------------------------------------------


def bench(tool: Tool) -> str:
    return f"/admin/voice/tool/{tool.pk}/bench/"


def test_bench_runs_a_tool_and_shows_what_the_model_reads(operator: Client, tool: Tool, service: Service):
    answer = {"person": "operator", "act": "run", "arg-article": "nuts & bolts", "arg-days": "3"}
    page = operator.post(bench(tool), answer).content.decode()
    assert "Done in" in page and "/stock/nuts%20%26%20bolts?days=3" in page
    assert service.seen[0]["headers"]["x-key"] == KEY
    assert KEY not in page and "••••" in page
    [event] = AuditEvent.objects.all()
    assert (event.action, event.actor_name) == ("tool_tried", "operator")
    assert event.detail == {"tool": "stock", "as": "operator", "what": "done"}


def test_dry_run_shows_the_request_with_masked_secrets_and_sends_nothing(
    operator: Client, tool: Tool, service: Service
):
    answer = {"person": "operator", "act": "dry", "arg-article": "nuts"}
    page = operator.post(bench(tool), answer).content.decode()
    assert f"GET {service.url}/stock/nuts" in page and "X-Key: ••••" in page
    assert KEY not in page
    assert service.seen == []


def test_bench_shows_why_a_tool_fails(operator: Client, tool: Tool, settings: Any):
    settings.TOOL_PRIVATE_HOSTS = ()
    page = operator.post(
        bench(tool), {"person": "operator", "act": "run", "arg-article": "a"}
    ).content.decode()
    assert "Failed in" in page
    assert "This tool points to an address that it may not reach." in page
    assert "127.0.0.1 is not a public address" in page


def test_arguments_by_hand_are_sent_as_they_are(operator: Client, tool: Tool):
    page = operator.post(bench(tool), {"person": "operator", "act": "run", "by_hand": '{"article": 1}'})
    assert "article: 1 is not of type" in page.content.decode()


def test_bench_needs_the_right_to_change_tools(tool: Tool):
    assert logged_in(staff("looker", "view_tool")).get(bench(tool)).status_code == 403
    assert logged_in(staff("changer", "change_tool")).get(bench(tool)).status_code == 200
    assert Client().get(bench(tool)).status_code == 302


def test_running_as_somebody_else_needs_a_permission(tool: Tool, service: Service):
    make_user("root", is_superuser=True)
    values = {"person": "ada", "act": "run", "arg-article": "a"}
    logged_in(staff("changer", "change_tool")).post(bench(tool), values)
    assert AuditEvent.objects.get().detail["as"] == "changer"
    trusted = logged_in(staff("trusted", "change_tool", "run_tool_as"))
    trusted.post(bench(tool), values)
    assert AuditEvent.objects.first().detail["as"] == "ada"
    page = trusted.post(bench(tool), values | {"person": "root"}).content.decode()
    assert "Only a superuser runs tools as a superuser." in page
    assert (
        "There is no active person called nobody."
        in trusted.post(bench(tool), values | {"person": "nobody"}).content.decode()
    )
    assert len(service.seen) == 2


def test_tool_runs_with_the_rights_of_the_chosen_person(operator: Client, tool: Tool, service: Service):
    tool.groups.add(Group.objects.create(name="stockroom"))
    page = operator.post(bench(tool), {"person": "ada", "act": "run", "arg-article": "a"}).content.decode()
    assert "There is no tool called stock." in page and "ada is in none of the tool&#x27;s groups." in page
    assert service.seen == []


def test_arguments_of_a_past_call_fill_the_form(operator: Client, spoken: Conversation):
    weather = Tool.objects.get(name="get_weather")
    run = spoken.tool_runs.get(name="get_weather")
    page = operator.get(f"{bench(weather)}?run={run.pk}").content.decode()
    assert 'value="Delft"' in page
    assert AuditEvent.objects.get().conversation == spoken
    changer = logged_in(staff("changer", "change_tool"))
    assert "Delft" not in changer.get(f"{bench(weather)}?run={run.pk}").content.decode()


def test_check_is_saved_and_runs_at_every_edit(operator: Client, tool: Tool, service: Service):
    values = {"person": "operator", "act": "save", "arg-article": "nuts", "name": "nuts are found"}
    operator.post(bench(tool), values | {"expects": "contains", "expected": "/stock/nuts"})
    check = ToolCheck.objects.get()
    assert (check.arguments, check.expected) == ({"article": "nuts"}, "/stock/nuts")
    url = f"/admin/voice/tool/{tool.pk}/change/"
    sound = written(http_url=f"{service.url}/stock/{{article}}")
    page = operator.post(url, sound, follow=True).content.decode()
    assert "1 of 1 checks of stock passed." in page
    elsewhere = sound | {"http_url": f"{service.url}/shop/{{article}}"}
    page = operator.post(url, elsewhere, follow=True).content.decode()
    assert "Check “nuts are found” failed." in page
    assert "0 of 1 checks of stock passed." in page


def test_saving_a_check_needs_the_right_to_add_checks(tool: Tool):
    values = {"person": "x", "act": "save", "arg-article": "a", "name": "n", "expects": "success"}
    assert logged_in(staff("changer", "change_tool")).post(bench(tool), values).status_code == 403
    assert not ToolCheck.objects.exists()
