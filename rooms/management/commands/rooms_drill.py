"""`manage.py rooms_drill`: breaks rooms on purpose, in this deployment, and says who missed what and was
told.

Run it where the site runs, with its environment. It uses the site's Redis, and nothing of the site's rooms:

- Its processes (two bridges, one web) have a namespace, a database and a folder of their own, all of them
  gone at the end. The site's processes, its database and its sockets are not touched.
- Its messages are raw PUBLISH on channels that begin with byte 0x01 and that namespace. Pub/sub knows no
  databases, and the site's bridges hear every ordinary name; but names with 0x01 they do not ask Redis for,
  or drop first, so no room appears on anybody's wall and no count changes. Only `runbridge --scratch`,
  which refuses any other namespace, takes them for rooms.
- With `--web` the sockets are opened at the running site instead. Then only sockets are broken, in a room
  that is registered directly, stands in no list, and is forgotten at the end.

It never uses FLUSHDB, CLIENT PAUSE or SHUTDOWN, and kills no connection but its own. Exit code 0: all passed;
1: a fault failed or a step did; 2: it could not start; 128 and the signal's number when it was stopped.
"""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from rooms.drill.drill import Plan, run
from rooms.drill.errors import CannotStart
from rooms.drill.faults import FAULTS
from rooms.drill.report import Outcome, table, write_json
from rooms.drill.stage import Sizes

CANNOT_START = 2


class Command(BaseCommand):
    """The operator's fault suite."""

    help = "Break rooms on purpose, in a scratch namespace of this deployment, and say who missed what."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, how large, and where to write it."""
        sizes = Sizes()
        parser.add_argument("--list", action="store_true", help="name the faults and end")
        parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="do these faults alone")
        parser.add_argument("--sockets", type=int, default=sizes.sockets, help="watchers (%(default)s)")
        parser.add_argument("--rate", type=float, default=sizes.rate, help="messages a second (%(default)g)")
        parser.add_argument("--storm", type=int, default=sizes.storm, help="sockets in a storm (%(default)s)")
        parser.add_argument("--web", default="", metavar="URL", help="open the sockets at this running site")
        parser.add_argument(
            "--session", default="", metavar="KEY", help="with --web: sessionid of one who may view rooms"
        )
        parser.add_argument("--json", type=Path, metavar="FILE", help="write the result for programs, too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; raises CommandError when it cannot start, else exits with its code."""
        if options["list"]:
            for fault in FAULTS:
                where = " (make drill-rooms only)" if fault.needs == "server" else ""
                self.stdout.write(f"{fault.name:14} {fault.says}{where}")
            return
        plan = self._plan(options)
        try:
            outcome = asyncio.run(run(plan, self._say))
        except CannotStart as exc:
            raise CommandError(str(exc), returncode=CANNOT_START) from exc
        self._report(outcome, plan, options["json"])
        if code := exit_code(outcome):
            sys.exit(code)

    def _plan(self, options: dict[str, Any]) -> Plan:
        if settings.REDIS_URL == settings.NO_REDIS_URL:
            raise CommandError(
                "No Redis is named: set REDIS_URL, or start the site with manage.py up.",
                returncode=CANNOT_START,
            )
        for name in ("sockets", "rate", "storm"):
            if options[name] < 1:
                raise CommandError(f"--{name}: wanted 1 or more.", returncode=CANNOT_START)
        if bool(options["web"]) != bool(options["session"]):
            raise CommandError("--web and --session go together.", returncode=CANNOT_START)
        if options["json"] and not options["json"].absolute().parent.is_dir():
            raise CommandError("--json: there is no such folder.", returncode=CANNOT_START)
        sizes = Sizes(options["sockets"], options["rate"], options["storm"])
        return Plan(settings.REDIS_URL, sizes, options["only"], options["web"], options["session"])

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _report(self, outcome: Outcome, plan: Plan, file: Path | None) -> None:
        self._say(f"\n{table(outcome)}")
        if outcome.stopped:
            self._say(f"Stopped: {outcome.stopped}")
        if file:
            write_json(file, outcome, plan.sizes)


def exit_code(outcome: Outcome) -> int:
    """For the shell."""
    if outcome.stopped in signal.Signals.__members__:
        return 128 + signal.Signals[outcome.stopped]
    return 0 if outcome.passed else 1
