"""The map holds: imports point one way, files and functions stay small."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("realtime_site", "voice", "rooms")  # each may import those after it

# Inside an app, a module imports only from those before it. A package counts as one name.
VOICE = (
    *("errors", "protocol", "engine", "events", "provider", "call", "outbound", "validators", "model_dates"),
    *("checks", "shipped_prices", "periods", "models", "audit", "costs", "limits", "budgets"),
    *("access", "redaction", "search"),
    *(
        "session_config",
        "writer",
        "tools",
        "approvals",
        "records",
        "transcripts",
        "tampering",
        "call_rooms",
        "watching",
        "floor",
        "asking",
        "tool_runs",
        "tool_bench",
        "leases",
        "keeper",
        "line",
        "live_call",
    ),
    *("calls", "erasure", "retention", "exports", "listing", "timeline", "cost_reports", "money_words"),
    *("demo", "rehearsal", "views", "admin", "urls", "routing", "templatetags"),
)
ROOMS = (
    *(
        "errors",
        "names",
        "keys",
        "patterns",
        "tasks",
        "connections",
        "frames",
        "scripts",
        "batches",
        "register",
        "registry",
    ),
    *("history", "presence", "parts", "models", "sizes", "policies", "directory"),
    *("database", "lookup", "visitors", "entrance"),
    *("redis_link", "subscriber", "layer", "sinks", "hub", "bridge"),
    *("consumers", "routing", "api", "views", "urls", "templatetags", "checks", "admin", "drill"),
)
UNORDERED = ("apps", "migrations", "management")  # Django's own entry points, imported by nobody

LONGEST_FILE = 300
LONGEST_FUNCTION = 50


def python_files(*folders: str) -> list[Path]:
    return sorted(
        path for folder in folders for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts
    )


def imported_modules(path: Path) -> Iterator[str]:
    package = path.relative_to(ROOT).parent.as_posix().replace("/", ".")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            base = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            yield from (f"{module}.{alias.name}" for alias in node.names)


def place_in_app(path: Path) -> str:
    """The module's name inside its app; a package counts as one."""
    inside = path.relative_to(ROOT).parts[1]
    return inside.removesuffix(".py")


@pytest.mark.parametrize("app", APPS)
def test_apps_import_one_way(app: str) -> None:
    forbidden = APPS[: APPS.index(app)]
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in python_files(app)
        for name in imported_modules(path)
        if name.split(".")[0] in forbidden
    ]
    assert wrong == []


@pytest.mark.parametrize(("app", "order"), [("voice", VOICE), ("rooms", ROOMS)])
def test_modules_import_only_those_before_them(app: str, order: tuple[str, ...]) -> None:
    wrong = []
    for path in python_files(app):
        place = place_in_app(path)
        if place in (*UNORDERED, "__init__"):
            continue
        assert place in order, f"{path.relative_to(ROOT)}: give it a place in the order above"
        for name in imported_modules(path):
            parts = name.split(".")
            inside = parts[0] == app and len(parts) > 1 and parts[1] != place
            if inside and parts[1] not in order[: order.index(place)]:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


def test_engine_stands_alone() -> None:
    """The engine knows the protocol and nothing else of ours, and never the database."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in python_files("voice/engine")
        for name in imported_modules(path)
        if name.split(".")[0] in (*APPS, "django") and not name.startswith(("voice.protocol", "voice.engine"))
    ]
    assert wrong == []


@pytest.mark.parametrize("path", python_files(*APPS, "tests"), ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    long = [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, functions) and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


@pytest.mark.parametrize("path", sorted((ROOT / "static").rglob("*.js")), ids=lambda path: path.name)
def test_scripts_stay_small(path: Path) -> None:
    if (ROOT / "static" / "lib") not in path.parents:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 150
