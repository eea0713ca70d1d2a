"""The tests' settings with the static files of production, collected into a folder that is thrown away."""

import tempfile
from pathlib import Path

from tests.settings import *  # noqa: F403
from tests.settings import STORAGES

_collected = tempfile.TemporaryDirectory(prefix="roomtone-static-")
STATIC_ROOT = Path(_collected.name)
STORAGES["staticfiles"] = {"BACKEND": "realtime_site.storage.SiteStaticFilesStorage"}
