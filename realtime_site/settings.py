"""Every setting of the site, read once from the environment and typed.

The names of the environment are the names of the settings. `.env` beside manage.py is read if present and
never overrides the process. Code reads `settings.X` inside functions; nothing else reads the environment.
"""

import hashlib
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from realtime_site.environment import Environment
from realtime_site.local_state import LocalState
from rooms.connections import BadRedisAddress, RedisAddress, parse_address

BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL = LocalState(BASE_DIR)
env = Environment.with_file(BASE_DIR / ".env")

# Site ---------------------------------------------------------------------------------------------

DEBUG = env.flag("DJANGO_DEBUG", False)
RTHOST = env.text("RTHOST")
_named_hosts = env.words("DJANGO_ALLOWED_HOSTS")
IS_PUBLIC = bool(RTHOST or _named_hosts)
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
ALLOWED_HOSTS = [*(_named_hosts or LOOPBACK_HOSTS), *([RTHOST] if RTHOST else [])]
if RTHOST:
    # The proxy's own health checks come by the loopback address.
    ALLOWED_HOSTS += [host for host in LOOPBACK_HOSTS if host not in ALLOWED_HOSTS]
CSRF_TRUSTED_ORIGINS = [
    *env.words("DJANGO_CSRF_TRUSTED_ORIGINS"),
    *([f"https://{RTHOST}"] if RTHOST else []),
]
ROOMTONE_PORT = env.number("ROOMTONE_PORT", 8000, minimum=1, maximum=65535)
WEB_BIND = "0.0.0.0" if IS_PUBLIC else "127.0.0.1"
SHUTDOWN_SECONDS = env.number("SHUTDOWN_SECONDS", 10, minimum=1)

SECRET_KEY = env.secret("DJANGO_SECRET_KEY")
if not SECRET_KEY and IS_PUBLIC:
    raise ImproperlyConfigured(
        "DJANGO_SECRET_KEY: read nothing, wanted a long random text, because RTHOST or"
        " DJANGO_ALLOWED_HOSTS makes this site public."
    )
SECRET_KEY = SECRET_KEY or LOCAL.secret_key()

DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{LOCAL.folder / 'db.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Redis --------------------------------------------------------------------------------------------

# Nothing listens on port 1, so a site without a Redis says so at its first use instead of finding another's.
# (Port 0 will not do: the client reads it as "not given" and goes to 6379.)
NO_REDIS_URL = "redis://127.0.0.1:1/0"
_redis_host = env.text("REDISHOST")
_named_redis = env.secret("REDIS_URL") or (f"redis://{_redis_host}/0" if _redis_host else "")
REDIS_EMBEDDED = not _named_redis
REDIS_URL = _named_redis or LOCAL.redis_url() or NO_REDIS_URL


def _redis_address() -> RedisAddress:
    try:
        return parse_address(REDIS_URL)
    except BadRedisAddress as exc:
        raise ImproperlyConfigured(f"REDIS_URL: read a value not shown here, {exc}.") from exc


REDIS_ADDRESS = _redis_address()
_key_digest = hashlib.blake2b(SECRET_KEY.encode(), digest_size=4).hexdigest()
ROOMS_NAMESPACE = env.text("ROOMS_NAMESPACE", f"{REDIS_ADDRESS.database}{_key_digest}") + ":"
ROOMS_PATTERN = env.words("ROOMS_PATTERN", ("*",))
ROOMS_IGNORE = env.words(
    "ROOMS_IGNORE",
    ("asgi*", "*.pidbox", "celery*", "_kombu*", "socket.io*", "__key*", "__sentinel__*"),
)
ROOMS_HISTORY_SIZE = env.number("ROOMS_HISTORY_SIZE", 1000, minimum=1)
ROOMS_HISTORY_BYTES = env.number("ROOMS_HISTORY_BYTES", 1024 * 1024, minimum=1)
ROOMS_HISTORY_TTL_S = env.number("ROOMS_HISTORY_TTL_S", 86400, minimum=1)
ROOMS_MESSAGE_BYTES = env.number("ROOMS_MESSAGE_BYTES", 65536, minimum=1)
ROOMS_MAX = env.number("ROOMS_MAX", 10000, minimum=1)
# By prefix and dotted path, because rooms imports nothing of voice.
ROOM_POLICIES = {"call.": "voice.watching.CallRoom"}
# What the pages of rooms offer to type; by dotted path, since rooms imports nothing of the site.
ROOMS_PUBLISH_LINE = "realtime_site.embedded_redis.publish_line"

# Frames go into the server's transport where that is known (rooms/sinks), else by the layer's events.
ROOMS_DIRECT_WRITES = True

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "rooms.layer.RoomChannelLayer",
        "CONFIG": {
            "url": REDIS_URL,
            "namespace": ROOMS_NAMESPACE,
            "prefix": f"\x01{ROOMS_NAMESPACE}asgi:",
        },
    }
}
CACHES = {
    "default": {
        "BACKEND": "realtime_site.cache.SiteRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": f"{ROOMS_NAMESPACE}cache",
    }
}

# Provider -----------------------------------------------------------------------------------------

PROVIDERS = ("openai", "azure", "compatible", "local")
OPENAI_API_KEY = env.secret("OPENAI_API_KEY")
AZURE_OPENAI_API_KEY = env.secret("AZURE_OPENAI_API_KEY")
REALTIME_API_KEY = env.secret("REALTIME_API_KEY")
REALTIME_PROVIDER = env.choice("REALTIME_PROVIDER", "openai" if OPENAI_API_KEY else "local", PROVIDERS)
REALTIME_SIDEBAND = env.flag("REALTIME_SIDEBAND", True)
REALTIME_MODEL = env.text("REALTIME_MODEL", "gpt-realtime-2.1-mini")
REALTIME_VOICE = env.text("REALTIME_VOICE", "marin")
REALTIME_TRANSCRIPTION_MODEL = env.text("REALTIME_TRANSCRIPTION_MODEL", "gpt-realtime-whisper")
ICE_SERVERS = env.objects("ICE_SERVERS")

ENGINE_HOST = env.text("ENGINE_HOST", "127.0.0.1")
ENGINE_BIND = env.text("ENGINE_BIND", "127.0.0.1")
ENGINE_PORT = env.number("ENGINE_PORT", 8765, minimum=1, maximum=65535)
ENGINE_API_KEY = env.secret("ENGINE_API_KEY")
ENGINE_SPEECH = env.flag("ENGINE_SPEECH", True)

_PROVIDER_ADDRESSES = {
    "openai": "https://api.openai.com/v1",
    "local": f"http://{ENGINE_HOST}:{ENGINE_PORT}/v1",
}
REALTIME_BASE_URL = env.web_address("REALTIME_BASE_URL", _PROVIDER_ADDRESSES.get(REALTIME_PROVIDER, ""))

# Calls and tools ----------------------------------------------------------------------------------

CALL_MAX_SECONDS = env.number("CALL_MAX_SECONDS", 900, minimum=1)
CALL_IDLE_SECONDS = env.number("CALL_IDLE_SECONDS", 120, minimum=1)
CALLS_PER_USER = env.number("CALLS_PER_USER", 1, minimum=1)
TOOL_HOSTS = env.words("TOOL_HOSTS")
TOOL_PRIVATE_HOSTS = env.host_ports("TOOL_PRIVATE_HOSTS")
TOOL_SECRETS = env.words("TOOL_SECRETS")
TOOL_SECRET_VALUES = env.named_secrets(TOOL_SECRETS)
OPEN_METEO_GEOCODING_URL = env.web_address(
    "OPEN_METEO_GEOCODING_URL", "https://geocoding-api.open-meteo.com/v1/search"
)
OPEN_METEO_FORECAST_URL = env.web_address("OPEN_METEO_FORECAST_URL", "https://api.open-meteo.com/v1/forecast")

# Django -------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "servestatic.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "channels",
    "ninja",
    "simple_history",
    "realtime_site",
    "rooms",
    "voice",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "realtime_site.headers.permissions_policy",
    "realtime_site.errors.json_errors",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "realtime_site.urls"
ASGI_APPLICATION = "realtime_site.asgi.application"
CSRF_FAILURE_VIEW = "realtime_site.errors.csrf_failure"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "realtime_site.storage.SiteStaticFilesStorage"
    },
}
SERVESTATIC_ALLOW_ALL_ORIGINS = False

# Login --------------------------------------------------------------------------------------------

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/voice/"
LOGOUT_REDIRECT_URL = "login"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# Five wrong tries for one name from one address, then a minute's wait; counted in Redis for all processes.
AXES_HANDLER = "axes.handlers.cache.AxesCacheHandler"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 1 / 60
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "realtime_site.errors.too_many_logins"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_VERBOSE = False

# Transport security -------------------------------------------------------------------------------

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
# RTHOST says that a proxy of ours ends TLS in front, so only then may its word about the scheme be trusted.
_behind_tls = bool(RTHOST) and not DEBUG
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _behind_tls else None
SECURE_SSL_REDIRECT = _behind_tls
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 30 * 86400 if _behind_tls else 0
SESSION_COOKIE_SECURE = _behind_tls
CSRF_COOKIE_SECURE = _behind_tls

# Logging ------------------------------------------------------------------------------------------

_QUIET_LOGGERS = (
    "httpx",
    "httpcore",
    "httpx2",
    "httpcore2",
    "aioice",
    "aiortc",
    "websockets",
    "asyncio",
    "daphne",
    "axes",
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "realtime_site.log_lines.LineFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        **{name: {"level": "WARNING"} for name in _QUIET_LOGGERS},
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        # Its lines quote what servers sent; every failure reaches the tool as an exception anyway.
        "mcp": {"level": "CRITICAL"},
        # Scanners ask for every host name there is; each is answered 400 and needs no trace.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
