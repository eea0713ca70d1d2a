"""The table: every server that was asked for has a row, with figures or with the reason why not."""

from bench.contest.contestants import CORE, OURS_DAPHNE, SOCKETIO
from bench.contest.goals import Goal, judge
from bench.contest.results import Results
from bench.contest.table import draw, draw_goals, draw_noise


def sample(us: float, others_share: float = 0.03) -> dict[str, float]:
    figures = ("bridge_us", "redis_us", "p50_ms", "p99_ms", "deliveries_s", "missing", "closed")
    return dict.fromkeys(figures, 1.0) | {
        "us": us,
        "server_share": 0.98,
        "client_share": 0.5,
        "others_share": others_share,
    }


def test_row_shows_cost_and_how_many_times_it_the_others_pay():
    results = Results()
    results.add(OURS_DAPHNE, "busy", sample(0.5))
    results.add(SOCKETIO, "busy", sample(10))
    results.add(CORE, "busy", sample(400))
    text = draw(results, [SOCKETIO, OURS_DAPHNE, CORE], frozenset({"busy"}))
    (row,) = [line for line in text.splitlines() if line.startswith(OURS_DAPHNE)]
    assert row.removeprefix(OURS_DAPHNE).split()[:3] == ["0.50", "20.00", "800.00"]
    assert row.split()[-5:] == ["98", "50", "3", "1", "1"]


def test_server_without_figures_shows_why():
    results = Results()
    results.note(SOCKETIO, "*", "not built: npm is not on PATH")
    text = draw(results, [SOCKETIO, OURS_DAPHNE], frozenset({"busy"}))
    assert f"{SOCKETIO:<24}  not built: npm is not on PATH" in text.splitlines()
    assert OURS_DAPHNE not in text


def test_only_the_scenarios_that_were_asked_for_are_drawn():
    text = draw(Results(), [SOCKETIO], frozenset({"bridge"}))
    assert "bridge alone, 100 rooms, saturated" in text
    assert "unbatched" not in text


def test_goals_say_hit_missed_or_not_measured():
    def of(measured: float | None) -> Goal:
        return Goal("first message after", lambda results: measured, 0.5, "s")

    lines = draw_goals([judge(of(value), Results()) for value in (0.2, 1.0, None)]).splitlines()[2:]
    assert [line.split("  ")[-1] for line in lines] == ["hit", "missed by 100 %", "not measured"]


def test_noise_of_several_runs_is_the_worst():
    quiet = {"steal_percent": 0.1, "load_before": 0.2, "load_after": 1.0, "dropped": 0}
    results = Results(noise=[quiet, quiet | {"steal_percent": 7.5}])
    assert "steal 7.5 %" in draw_noise(results)


def test_disturbed_windows_are_counted():
    results = Results()
    for share in (0.02, 0.4, 0.09):
        results.add(OURS_DAPHNE, "busy", sample(1, others_share=share))
    results.add(OURS_DAPHNE, "idle", {"kb": 30})
    assert "DISTURBED: in 1 of 3 windows" in draw_noise(results)
    assert "DISTURBED" not in draw_noise(Results())
