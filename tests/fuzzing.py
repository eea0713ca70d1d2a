"""How long fuzz tests hunt: bounded and the same each time, or `ROOMTONE_FUZZ` times longer and at random.

`make test` takes the first; `make fuzz` the second, where a failure prints what repeats it.
"""

import os

from hypothesis import HealthCheck, settings

FACTOR = int(os.environ.get("ROOMTONE_FUZZ") or "1")
# Examples share a Redis and loops of their own; how long one takes depends on the machine.
_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]


def examples(count: int, *, steps: int = 40) -> settings:
    """Settings for so many examples, and so many steps in one where a test has steps."""
    return settings(
        max_examples=count * FACTOR,
        stateful_step_count=steps,
        derandomize=FACTOR == 1,
        database=None if FACTOR == 1 else settings.default.database,
        deadline=None,
        print_blob=True,
        suppress_health_check=_SLOW,
    )
