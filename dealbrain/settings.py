"""Every setting of the product, in one flat file.

Values come from the environment and from `.env` (`.env.example` lists them). With nothing set this is the
*embedded* mode: SQLite and a generated key in the ignored `data/` folder, no Redis, local hosts only.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry

from dealbrain import env
from dealbrain.logs import configure_structlog, logging_config

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = BASE_DIR / "data"

env.load_env_file(BASE_DIR / ".env")

# -- Where we run ----------------------------------------------------------------------------------------------

ENVIRONMENT = env.env_str("ENVIRONMENT", "development", choices=("development", "test", "staging", "production"))
DEPLOYED = ENVIRONMENT in ("staging", "production")
DATABASE_URL = env.env_url("DATABASE_URL", schemes=("postgres", "postgresql", "sqlite"))
REDIS_URL = env.env_url("REDIS_URL", schemes=("redis", "rediss"))
EMBEDDED = not DATABASE_URL
DEBUG = env.env_bool("DEBUG", False)
WEB_CONCURRENCY = env.env_int("WEB_CONCURRENCY", 1, minimum=1, maximum=512)  # gunicorn's own name for its workers

IMPORT_ROOT = env.env_path("IMPORT_ROOT", DATA_DIR / "imports", base=BASE_DIR)
UPLOAD_ROOT = env.env_path("UPLOAD_ROOT", DATA_DIR / "uploads", base=BASE_DIR)  # shared with the workers
IMPORT_FILE_DAYS = env.env_int("IMPORT_FILE_DAYS", 7, minimum=1, maximum=3_650)  # then files that nobody imported go

PROMETHEUS_ENABLED = env.env_bool("PROMETHEUS_ENABLED", True)
METRICS_TOKEN = env.env_str("METRICS_TOKEN")
DEALBRAIN_PUBLIC_READ = env.env_bool("DEALBRAIN_PUBLIC_READ", EMBEDDED)
THROTTLE_ANONYMOUS = env.env_rate("THROTTLE_ANONYMOUS", "600/minute")
THROTTLE_USER = env.env_rate("THROTTLE_USER", "6000/minute")
API_DIALECT = env.env_str("API_DIALECT", "current")  # legacy: as clients of the older contract read it
TRUSTED_PROXIES = env.env_int("TRUSTED_PROXIES", 0, maximum=16)

# -- Security --------------------------------------------------------------------------------------------------

SECRET_KEY = env.env_secret("SECRET_KEY", None if DEPLOYED else DATA_DIR / "secret_key")
ALLOWED_HOSTS = env.env_list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CORS_ALLOWED_ORIGINS = env.env_list("CORS_ALLOWED_ORIGINS")
# Behind a proxy that ends TLS we see http while the browser's Origin says https: our own hosts are trusted by name.
CSRF_TRUSTED_ORIGINS = [f"https://{'*' if host.startswith('.') else ''}{host}" for host in ALLOWED_HOSTS if host != "*"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT == "production"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
# Browsers keep to HTTPS for so long after one answer over it. Only once there is TLS for good: it cannot be taken back.
SECURE_HSTS_SECONDS = env.env_int("HSTS_SECONDS", 0, maximum=63_072_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.env_bool("HSTS_INCLUDE_SUBDOMAINS", False)
SECURE_HSTS_PRELOAD = env.env_bool("HSTS_PRELOAD", False)
# The header by which the proxy says that the visitor came over TLS, and its value: `X-Forwarded-Proto: https`.
SECURE_PROXY_SSL_HEADER = env.env_header("SECURE_PROXY_SSL_HEADER")
X_FRAME_OPTIONS = "DENY"
# An admin page of one ruleset holds every rule and action of it: 100 rules are some 5,000 fields.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 6_000_000  # bytes of one body: a baseline may have 5 MB

# Guessed passwords: so many wrong ones for an account or from an address, and neither gets in until the time is over.
AUTHENTICATION_BACKENDS = ["dealbrain.login.LockoutBackend", "django.contrib.auth.backends.ModelBackend"]
LOGIN_ATTEMPTS = env.env_int("LOGIN_ATTEMPTS", 10, minimum=1, maximum=1_000)
LOGIN_LOCKOUT_MINUTES = env.env_int("LOGIN_LOCKOUT_MINUTES", 15, minimum=1, maximum=10_080)
AXES_FAILURE_LIMIT = LOGIN_ATTEMPTS
AXES_COOLOFF_TIME = timedelta(minutes=LOGIN_LOCKOUT_MINUTES)
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]
AXES_LOCKOUT_CALLABLE = "dealbrain.login.locked_out"
AXES_CLIENT_IP_CALLABLE = "dealbrain.login.client_address"
AXES_RESET_ON_SUCCESS = False  # else a login of his own would clear the counts of whoever guesses
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # else whoever guesses on keeps the owner out for ever
AXES_VERBOSE = False

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# -- Application -----------------------------------------------------------------------------------------------

OWN_APPS = ["dealbrain", "catalog", "listings", "valuation", "baselines", "imports"]

INSTALLED_APPS = [
    "nested_admin",
    "dealbrain.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "axes",
    "drf_spectacular_sidecar",
    *(["django_rq"] if REDIS_URL else []),
    *(["django_prometheus"] if PROMETHEUS_ENABLED else []),
    *OWN_APPS,
]

MIDDLEWARE = [
    *(["django_prometheus.middleware.PrometheusBeforeMiddleware"] if PROMETHEUS_ENABLED else []),
    "dealbrain.middleware.RequestIdMiddleware",
    "dealbrain.middleware.ProbeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "dealbrain.middleware.CorsMiddleware",
    "dealbrain.middleware.OptionalSlashMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "dealbrain.middleware.BodyMiddleware",  # before anybody looks for a token in a body
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dealbrain.actor.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "dealbrain.csp.ContentSecurityMiddleware",
    "axes.middleware.AxesMiddleware",
    "dealbrain.middleware.BadLuckMiddleware",
    *(["django_prometheus.middleware.PrometheusAfterMiddleware"] if PROMETHEUS_ENABLED else []),
]

ROOT_URLCONF = "dealbrain.urls"
WSGI_APPLICATION = "dealbrain.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {"figures": "valuation.pages.tags"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # served from where they lie: no collectstatic step to forget

LANGUAGE_CODE = "en-us"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "dealbrain.api.authentication.BearerToken",
        "dealbrain.api.authentication.BrowserSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["dealbrain.api.permissions.ReadOrModelPermissions"],
    "DEFAULT_RENDERER_CLASSES": ["dealbrain.api.renderers.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["dealbrain.api.parsers.JsonParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "dealbrain.api.negotiation.Negotiation",
    "DEFAULT_THROTTLE_CLASSES": ["dealbrain.api.throttling.Throttle"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "dealbrain.api.schema.Schema",
    "NUM_PROXIES": TRUSTED_PROXIES,
    "EXCEPTION_HANDLER": "dealbrain.api.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": False,
    # `?format=` is a parameter of our own (`format=array`, `format=csv`), not a choice of renderer.
    "URL_FORMAT_OVERRIDE": None,
}

SPECTACULAR_SETTINGS: dict[str, Any] = {  # the rest of the document is in dealbrain/api/schema
    "OAS_VERSION": "3.1.0",
    "TITLE": "Deal Brain",
    "VERSION": "1",
    "COMPONENT_SPLIT_REQUEST": True,  # what is sent is less than what is answered
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["dealbrain.api.schema.generator.finish"],
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
}

# -- Data ------------------------------------------------------------------------------------------------------

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES: dict[str, Any] = {
    "default": dict(
        dj_database_url.parse(
            DATABASE_URL or f"sqlite:///{env.made_folder(DATA_DIR) / 'db.sqlite3'}",
            conn_max_age=60,
            conn_health_checks=True,
        ),
        ATOMIC_REQUESTS=True,
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # Readers do not wait for the writer (WAL), and a transaction takes the write lock when it begins
        # (IMMEDIATE), so that it waits its turn instead of failing half way with "database is locked".
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;",
    }
elif PROMETHEUS_ENABLED:  # the same backend, counting what it does
    DATABASES["default"]["ENGINE"] = DATABASES["default"]["ENGINE"].replace("django.", "django_prometheus.", 1)

# A Redis that hangs may cost a request a fraction of a second, once in a while: `dealbrain.queue` and the throttles do
# not ask it again for half a minute. A connection that was cut is opened again at once.
REDIS_PATIENCE: dict[str, Any] = {
    "socket_connect_timeout": 0.2,
    "socket_timeout": 0.2,
    "retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
}

# What is counted for the throttles: together for all web processes where there is a Redis, else by each.
CACHES: dict[str, Any] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "dealbrain",
        "OPTIONS": {**REDIS_PATIENCE},
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

if REDIS_URL:
    _redis: dict[str, Any] = parse_url(REDIS_URL)  # type: ignore[no-untyped-call]  # of redis-py
    _redis.pop("connection_class", None)
    RQ_QUEUES = {
        "default": {
            # In parts: django-rq takes no options beside a URL.
            **{name.upper(): _redis.pop(name) for name in ("host", "username", "password") if name in _redis},
            "PORT": _redis.pop("port", 6379),
            "DB": _redis.pop("db", 0),
            "SSL": REDIS_URL.startswith("rediss://"),
            "SSL_CERT_REQS": _redis.pop("ssl_cert_reqs", "required"),
            # (A worker, which waits for jobs, takes a longer time-out by itself.)
            "REDIS_CLIENT_KWARGS": {**_redis, **REDIS_PATIENCE},
            "DEFAULT_TIMEOUT": 1800,
            "SERIALIZER": "rq.serializers.JSONSerializer",  # names and ids: nothing that runs when it is read
        }
    }
    RQ = {
        "COMMIT_MODE": "auto",  # dealbrain.queue itself waits for the commit
        "WORKER_CLASS": "dealbrain.worker.JsonWorker",
    }

# -- Logging ---------------------------------------------------------------------------------------------------

LOG_LEVEL = env.env_str("LOG_LEVEL", "INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
configure_structlog()
LOGGING = logging_config(level=LOG_LEVEL, as_json=DEPLOYED)
