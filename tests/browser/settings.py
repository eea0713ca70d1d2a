"""The site's own settings for processes that browser tests start: production's static files, a fast hasher.

The caller's environment says where everything is; see tests/browser/site.py.
"""

import os
from pathlib import Path

from realtime_site.settings import *  # noqa: F403

STATIC_ROOT = Path(os.environ["BROWSER_TESTS_STATIC"])
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
