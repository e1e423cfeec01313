"""All settings, one file: environment in, safe by default.

Nothing here describes the domain; `docs/operations.md` lists every variable.
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").is_file():
    env.read_env(BASE_DIR / ".env")
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()
# Exists only while `make run` runs, for `manage.py` in another terminal.
if (VAR_DIR / "run" / "local.env").is_file():
    env.read_env(VAR_DIR / "run" / "local.env")

# LOCAL is set only by `make run`: demo accounts, embedded servers, loopback.
LOCAL = env.bool("LOCAL", default=False)
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000")
HTTPS = SITE_URL.startswith("https://")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = [SITE_URL] if HTTPS else []

# Who runs this site. Unset means not shown: no number is ever invented.
OPERATOR = {
    "site_name": env.str("SITE_NAME", default="IOP Finder"),
    "helpline_number": env.str("HELPLINE_NUMBER", default=""),
    "helpline_hours": env.str("HELPLINE_HOURS", default=""),
    "owner": env.str("SITE_OWNER", default=""),
    "funding": env.str("SITE_FUNDING", default=""),
    "contact_email": env.str("SITE_CONTACT_EMAIL", default=""),
    "exit_url": env.str("EXIT_URL", default="https://www.weather.gov/"),
}

# When somebody answers: "mon-fri 08:00-21:00; sat,sun 09:00-17:00" in TIME_ZONE; unset: always. Promises keep to it.
HELPLINE_SCHEDULE = env.str("HELPLINE_SCHEDULE", default="")
HELPLINE_HOLIDAYS = env.list("HELPLINE_HOLIDAYS", default=[])

INSTALLED_APPS = [
    "iopfinder.apps.ProjectConfig",
    "accounts",
    "programs",
    "insurance",
    "guides",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sitemaps",
    "iopfinder.apps.StaticFilesConfig",
    "django.forms",  # FORM_RENDERER finds its widget templates here
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "pgtrigger",
    "pghistory",
    "rest_framework",
    "template_partials",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages shrink to a seventh. Django pads each answer by a random length and masks CSRF tokens, against BREACH.
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "iopfinder.middleware.ApiProblemMiddleware",
    "iopfinder.middleware.SecurityHeadersMiddleware",
    "iopfinder.middleware.RequestGuardMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "accounts.middleware.AccessMiddleware",  # looks at each view before the next one asks for a token: 405 comes first
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "iopfinder.middleware.IdleTimeoutMiddleware",
]

ROOT_URLCONF = "iopfinder.urls"
WSGI_APPLICATION = "iopfinder.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "iopfinder.context.site",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- data ---------------------------------------------------------------------------------------
_database = env.db("DATABASE_URL", engine="django.db.backends.postgresql")
# How alike two words of a name must be: lower finds more and worse.
ALIKE = 0.45
DATABASES = {
    "default": {
        **_database,
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            # Prepared statements keep the plan they were given: making it anew costs more than they do.
            "options": "-c statement_timeout=30s -c lock_timeout=10s -c jit=off -c plan_cache_mode=force_generic_plan "
            f"-c pg_trgm.word_similarity_threshold={ALIKE}",
            **_database.get("OPTIONS", {}),  # such as ?sslmode=verify-full
        },
    }
}
# The role that web, worker and sweeper connect as; `manage.py app_role`, run by the owner of the tables, makes it.
APP_DATABASE = env.db("APP_DATABASE_URL", default="", engine="django.db.backends.postgresql")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Throttles and used one-time codes live in the database: they survive a lost Redis and a restart, and every
# process sees them. The table is a model of accounts, so `migrate` makes it. allauth counts in "default".
THROTTLE_CACHE = {
    "BACKEND": "django.core.cache.backends.db.DatabaseCache",
    "LOCATION": "throttle_cache",
    "OPTIONS": {"MAX_ENTRIES": 100_000},
}
CACHES = {
    "default": THROTTLE_CACHE,
    "throttle": THROTTLE_CACHE,
    # Public fragments only; personal data is never cached, so one process's memory is enough.
    "fragments": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

# --- accounts -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/desk/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.GuessableShapeValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGOUT_ON_GET = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ADAPTER = "accounts.adapter.MFAAdapter"
MFA_FORMS = {
    "authenticate": "accounts.forms.OnceOnlyAuthenticateForm",
    "reauthenticate": "accounts.forms.OnceOnlyReauthenticateForm",
    "add_webauthn": "accounts.forms.AddPasskeyForm",
    "login_webauthn": "accounts.forms.PasskeyLoginForm",
    "authenticate_webauthn": "accounts.forms.PasskeyAuthenticateForm",
    "reauthenticate_webauthn": "accounts.forms.PasskeyReauthenticateForm",
}
MFA_TOTP_TOLERANCE = 1  # one step of clock drift; a used code is refused for longer than that
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are vouched for by whoever invites
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL  # passkeys on http://localhost
ACCOUNT_SESSION_REMEMBER = False  # the cookie goes with the browser window
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # seconds a typed password counts for what is sensitive
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
# Wrong passwords: per address, and per person and address together, so nobody is locked out by a colleague.
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "30/m/ip,5/5m/key"}
USERSESSIONS_TRACK_ACTIVITY = False

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_IDLE_SECONDS = 15 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "__Host-sid" if HTTPS else "sid"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS

# --- security headers ---------------------------------------------------------------------------
SECURE_SSL_REDIRECT = HTTPS and env.bool("SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_HSTS_SECONDS = 63072000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=HTTPS)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if SECURE_PROXY_SSL_HEADER else 0
# `no-referrer` would make Chromium send `Origin: null` on forms, which Django refuses.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
FILE_UPLOAD_HANDLERS = ["iopfinder.uploads.NoUploads"]

# --- language and time --------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="America/Chicago")

# --- static files -------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False

# --- API ----------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "programs.api.problem",
    "URL_FORMAT_OVERRIDE": None,  # `format` is one of our filters
}
SPECTACULAR_SETTINGS = {
    "TITLE": "IOP Finder API",
    "DESCRIPTION": (
        "Search intensive outpatient programs. Read only, no key, also from pages of other sites (CORS). Keep the ETag "
        "of an answer and send it in If-None-Match: 304 says that nothing has changed. Every refusal is a problem "
        "document (RFC 9457)."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
}

# --- background work ----------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True  # safe: attempts are counted in the row when it is claimed
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000  # what leaks, leaks for so long only
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000  # kB, four times what one needs
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SOFT_TIME_LIMIT = 75
CELERY_TASK_TIME_LIMIT = 80
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
DEAF_SECONDS = env.float("DEAF_SECONDS", default=30.0)  # a worker that lets messages lie that long is started anew
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,
    "socket_connect_timeout": 1,
    "socket_timeout": 1,  # twice, with the one retry: a broker that says nothing costs a submitter two seconds
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
}

# --- personal data ------------------------------------------------------------------------------
# "id:base64key,id:base64key": the first encrypts, all decrypt. A key apart for blind indexes.
FIELD_KEYS = env.str("FIELD_KEYS", default="")
BLIND_INDEX_KEY = env.str("BLIND_INDEX_KEY", default="")
# Seals the audit trail; unset: derived from BLIND_INDEX_KEY.
AUDIT_KEY = env.str("AUDIT_KEY", default="")

# The share of phone answers, by the caller's role, that a second person reads before it is relied on.
REVIEW_RATES = {
    "agent": env.float("REVIEW_RATE_AGENT", default=0.1),
    "supervisor": env.float("REVIEW_RATE_SUPERVISOR", default=0.05),
}

# Days that personal data stay: finished requests, and calls that were begun and never sent.
RETENTION_DAYS = {
    "requests": env.int("RETENTION_REQUEST_DAYS", default=90),
    "drafts": env.int("RETENTION_DRAFT_DAYS", default=7),
}

# --- payers -------------------------------------------------------------------------------------
PAYER_CONNECT_SECONDS = env.float("PAYER_CONNECT_SECONDS", default=3.0)
PAYER_TOTAL_SECONDS = env.float("PAYER_TOTAL_SECONDS", default=60.0)
# Hosts a gateway may talk to; anything else is refused before a socket opens.
PAYER_HOSTS = env.list("PAYER_HOSTS", default=["127.0.0.1"])
# CAQH CORE: no second inquiry within 90 s. The fault profile shortens both, and prints that it did.
INQUIRY_FLOOR_SECONDS = env.float("INQUIRY_FLOOR_SECONDS", default=90.0)
LEASE_SECONDS = env.float("LEASE_SECONDS", default=90.0)  # longer than connect + total
MOST_ATTEMPTS = env.int("MOST_ATTEMPTS", default=6)
# How long computers may try before a person takes over: with the caller on the line, and without.
CALLER_WAITING_SECONDS = env.float("CALLER_WAITING_SECONDS", default=5 * 60.0)
BACKGROUND_SECONDS = env.float("BACKGROUND_SECONDS", default=8 * 60 * 60.0)
BROKER_PATIENCE_SECONDS = env.float("BROKER_PATIENCE_SECONDS", default=30.0)  # then the sweeper works alone
BREAKER_REST_SECONDS = env.float("BREAKER_REST_SECONDS", default=60.0)  # a payer that failed is left alone that long
SWEEP_SECONDS = env.float("SWEEP_SECONDS", default=1.0)
PAYERSIM_URL = env.str("PAYERSIM_URL", default="http://127.0.0.1:8271/")
# Where payers are asked, by the name a PayerRoute carries: url, format (x12 or json), sender_id, receiver_id,
# usage (T or P), header and secret_env (the request header that authorises us, and the variable that holds it).
PAYER_ENDPOINTS = {
    "payersim": {"url": PAYERSIM_URL, "format": "x12", "sender_id": "IOPFINDER", "receiver_id": "PAYERSIM"},
    **env.json("PAYER_ENDPOINTS", default={}),
}

# --- geocoding (optional) -----------------------------------------------------------------------
# A geopy geocoder's short name ("nominatim"); a Celery task asks it, never a request.
GEOCODER = env.str("GEOCODER", default="")
GEOCODER_USER_AGENT = env.str("GEOCODER_USER_AGENT", default="")

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "iopfinder.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        # Servers log through the same allow-list: their own formats would write addresses with query strings.
        "gunicorn.error": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "gunicorn.access": {"handlers": [], "propagate": False},
        "fido2": {"level": "WARNING"},  # it names the passkey
        "httpx": {"level": "WARNING"},  # it logs every address it asks
        "httpcore": {"level": "WARNING"},  # and this the headers of every answer
    },
}
