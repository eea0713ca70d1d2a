"""The site's settings with the fallback road: frames go to sockets by events of the channel layer."""

from realtime_site.settings import *  # noqa: F403

ROOMS_DIRECT_WRITES = False
