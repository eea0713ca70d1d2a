"""One record, one line."""

import logging

from realtime_site.log_lines import LineFormatter


def test_a_message_cannot_pose_as_another_record():
    record = logging.LogRecord("voice", logging.INFO, "f", 1, "a\n12:00:00 ERROR x: b\r", (), None)
    first, *rest = LineFormatter().format(record).split("\n")
    assert first.endswith("INFO    voice: a")
    assert all(line.startswith("    ") for line in rest) and "\r" not in rest[-1]
