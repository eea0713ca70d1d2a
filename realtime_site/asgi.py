"""The ASGI application that daphne (or another server) loads; nothing else lives here."""

import gc
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "realtime_site.settings")
_django = get_asgi_application()

from realtime_site.serving import build_application  # noqa: E402  (the app registry must be ready first)

application = build_application(_django)

# What is loaded by now stays: looking for garbage among it stops the process for 80 ms now and then.
gc.collect()
gc.freeze()
