"""One record, one line: time, level, logger, message; a trace follows indented below it."""

import logging


class LineFormatter(logging.Formatter):
    """Formats a record so that every one begins with its time and stays readable with a prefix before it."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """The record as text; line breaks inside it are indented, so no message can pose as a record."""
        return super().format(record).replace("\r", "\\r").replace("\n", "\n    ")
