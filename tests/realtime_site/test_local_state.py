"""What a machine keeps for itself."""

from concurrent.futures import ThreadPoolExecutor

from realtime_site.local_state import LocalState, write_private


def test_processes_that_start_together_agree_on_one_key(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: LocalState(tmp_path).secret_key(), range(8)))
    assert len(keys) == 1
    assert [path.name for path in (tmp_path / ".local").iterdir()] == ["secret-key"]


def test_no_redis_was_started_here(tmp_path):
    assert LocalState(tmp_path).redis_url() == ""


def test_private_files_are_for_their_owner(tmp_path):
    path = tmp_path / "secret"
    write_private(path, "a")
    write_private(path, "b")
    assert path.read_text(encoding="utf-8") == "b"
    assert path.stat().st_mode & 0o777 == 0o600
