"""The one settings file: everything that differs between places is read from the environment.

docs/configuration.md lists every variable; a wrong one stops the process with its name.
"""

import os
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environs import Env
from psycopg.conninfo import conninfo_to_dict

from city import current
from city.errors import SourceError
from city.model import Registry
from config import assistants, database, oauth, oidc, openapi, passkeys, proxies, telemetry, wallets
from config.duties import FURTHER_DUTIES as FURTHER_DUTIES
from config.theme import UNFOLD as UNFOLD

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()

DEBUG = env.bool("DEBUG", False)
DEMO = env.bool("DEMO", False)  # personas log in by one tap; screens say fictional
SECRET_KEY = env.str("SECRET_KEY", "")
if not SECRET_KEY:
    if not (DEBUG or DEMO):
        raise ImproperlyConfigured("SECRET_KEY is not set")
    SECRET_KEY = "demo-only-secret-key-which-no-real-city-may-ever-use-0123456789"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])

# the city: a folder of data (docs/how-to/city.md); nothing of it stands in this file
try:
    CITY = current.city()
except SourceError as error:
    raise ImproperlyConfigured("\n".join(map(str, error.all()))) from error
SITE_URL = env.str("SITE_URL", "http://127.0.0.1:8000")  # in QR codes and notices
WALLET = wallets.offered(env.bool("WALLET", DEMO), SITE_URL, is_demo=DEMO or DEBUG)
# how citizens log in: OpenID Connect. Levels: portal/login/levels.py
OIDC = oidc.provider(env)
ASSISTANTS = assistants.door(env)  # citizens' assistants come in there
LOGIN_LEVEL = env.int("LOGIN_LEVEL", 1)  # what applying needs, and for single services
SERVICE_LEVELS = oidc.levels("SERVICE_LEVELS", env.str("SERVICE_LEVELS", ""))
if DEMO:
    issuer = OIDC.issuer if OIDC else ""
    oidc.require_local_demo(SITE_URL, ALLOWED_HOSTS, issuer, env.str("DEMO_HOST", ""))

INSTALLED_APPS = [
    *(["demo"] if DEMO else []),  # fictional people and agencies; its commands extend ours
    "django_otp",  # before ours, which takes its pages off the desk
    "django_otp.plugins.otp_static",
    "assistants",
    "portal",
    "bundles",
    "affairs",
    "offers",
    "counter",
    "operations.apps.Operations",
    "approvals",
    "credentials",
    "entitlements",
    "certificates",
    "services",
    "exchange",
    "materials",
    "people",
    "ledger",
    "telemetry.apps.Telemetry",
    "unfold.apps.BasicAppConfig",  # before the admin, whose templates it replaces; the site is ours
    "unfold.contrib.filters",
    "config.apps.Admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "config.apps.Axes",
    "csp",
    "oauth2_provider",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
MIDDLEWARE = [
    "telemetry.middleware.Requests",
    "people.forwarded.Scheme",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.CompressedFiles",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.ContentSecurityPolicy",
    "config.middleware.BodyEncoding",
    "config.middleware.RateLimit",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.middleware.BrowserInput",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "people.second_factor.SecondFactor",
    "config.rates.Rates",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
# programs' paths have a chain of their own (config/wsgi.py): what is to hold there, too, is in both
PROGRAM_PATHS = ("/api/v1/", "/webhooks/", "/oauth/", "/.well-known/oauth-")
PROGRAM_MIDDLEWARE = [
    "telemetry.middleware.Requests",
    "people.forwarded.Scheme",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.OneLanguage",
    "config.middleware.BodyEncoding",
    "config.middleware.RateLimit",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.site",
                "portal.context.messages_unread",
                *(["demo.hints.context"] if DEMO else []),
            ],
        },
    }
]


# PostgreSQL: one setting for the application's role, one for the owner, who migrates
DATABASE_URL = env.str("DATABASE_URL", "postgresql://miaopi_app@/miaopi?host=/run/miaopi")
DATABASE_OWNER_URL = env.str("DATABASE_OWNER_URL", "")
DATABASE_POOL = env.int("DATABASE_POOL", 0)  # 16 in the web process; 0 elsewhere
DATABASE_PREPARE = env.bool("DATABASE_PREPARE", True)  # off behind a pooler that forgets plans
AS_OWNER = env.bool("AS_OWNER", False)  # set by manage.py for migrate and keys alone
if AS_OWNER and not DATABASE_OWNER_URL:
    raise ImproperlyConfigured("DATABASE_OWNER_URL is not set, and migrate and keys need the owner")
DATABASES = {
    "default": database.from_url(DATABASE_OWNER_URL, prepare=False)
    if AS_OWNER
    else database.from_url(DATABASE_URL, pool=DATABASE_POOL, prepare=DATABASE_PREPARE)
}
APPLICATION_ROLE = conninfo_to_dict(DATABASE_URL).get("user", "miaopi_app")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# what `manage.py migrate` installs after the tables: guards and grants, from the code's own tables
_GUARDED = (
    "bulk ledger people materials exchange services certificates entitlements credentials approvals"
)
_GUARDED += " offers counter affairs bundles operations"
GUARDS = [f"{app}.guards" for app in _GUARDED.split()]

# Redis: a wake-up and Celery's broker; holds nothing that PostgreSQL does not know
REDIS_URL = env.str("REDIS_URL", "unix:///run/miaopi/redis.sock?db=0")


def _broker(url: str) -> str:
    """Celery spells a Unix socket differently from redis-py."""
    if not url.startswith("unix://"):
        return url
    path, _q, query = url.removeprefix("unix://").partition("?")
    number = dict(p.split("=") for p in query.split("&") if "=" in p).get("db", "0")
    return f"redis+socket://{path}?virtual_host={number}"


CELERY_BROKER_URL = _broker(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 90,
    "socket_timeout": 10,
    "health_check_interval": 10,
    "unacked_restore_interval": 5,
}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True  # the attempts are counted in PostgreSQL
CELERY_TASK_TIME_LIMIT = 30
CELERY_TASK_SOFT_TIME_LIMIT = 25
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_WORKER_CONCURRENCY = env.int("CELERY_CONCURRENCY", 2)
CELERY_DB_REUSE_MAX = 1000  # else the connection is closed around every task

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "portal:login"
LOGIN_REDIRECT_URL = "portal:home"
SECOND_FACTOR = env.bool("SECOND_FACTOR", not (DEBUG or DEMO))  # of officers
if not (SECOND_FACTOR or DEBUG or DEMO):
    raise ImproperlyConfigured("SECOND_FACTOR may be off in a demo only")
# passkeys: the domain that they are bound to (RP ID), and whence they are used
PASSKEY_DOMAIN, PASSKEY_ORIGINS = passkeys.party(
    SITE_URL, env.str("PASSKEY_DOMAIN", ""), env.list("PASSKEY_ORIGINS", [])
)
OTP_TOTP_THROTTLE_FACTOR = (
    1  # seconds that an authenticator waits after a wrong code, doubled each time
)
# wrong passwords: see people/access.py for what is counted
PROXY_COUNT = env.int("PROXY_COUNT", 0)  # proxies in front, each of which appends an address
if not 0 <= PROXY_COUNT <= 5:
    raise ImproperlyConfigured("PROXY_COUNT is a number from 0 to 5")
# whose headers are believed, besides a Unix socket's: people/forwarded.py
PROXY_ADDRESSES = proxies.networks(env.list("PROXY_ADDRESSES", ["127.0.0.0/8", "::1"]))
AXES_HANDLER = "people.access.Limits"
AXES_CLIENT_IP_CALLABLE = "people.access.client_address"
AXES_USERNAME_CALLABLE = "people.access.counted_name"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "next", "csrfmiddlewaretoken"]
AXES_RESET_ON_SUCCESS = True
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 1  # hour
AXES_VERBOSE = False  # it greets in every command otherwise
AXES_LOCKOUT_CALLABLE = "portal.errors.locked_out"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]

# access tokens of programs: config/oauth.py
ACCESS_TOKEN_SECONDS = oauth.seconds(env)
CLIENT_CERTIFICATE_HEADER, CLIENT_CERTIFICATE_URL = oauth.certificates(env, PROXY_COUNT)
OAUTH2_PROVIDER = oauth.toolkit(ACCESS_TOKEN_SECONDS)
OAUTH2_PROVIDER_APPLICATION_MODEL, OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = oauth.CLIENT, oauth.TOKEN
OAUTH2_PROVIDER_GRANT_MODEL = OAUTH2_PROVIDER_DEVICE_GRANT_MODEL = oauth.TOKEN
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = OAUTH2_PROVIDER_ID_TOKEN_MODEL = oauth.TOKEN
MIGRATION_MODULES = {"oauth2_provider": None}  # it has no tables

# how often one may come: people/rates.py; which pages count: config/rates.py
RATES = env.bool("RATES", True)
PROGRAM_RATE = env.str("PROGRAM_RATE", "30000/minute")  # requests of one agency's programs

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
USE_TZ = True
TIME_ZONE = CITY.time_zone

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(BASE_DIR / "var" / "static")))
WHITENOISE_USE_FINDERS = DEBUG or DEMO
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000  # bytes; a bigger body is a 413
# files of others are never on the disk as they came; bodies with files: config/bodies.py
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 24_000_000

# ways of reaching a registry, by what a city's registries.yaml says under `answered_by`
REGISTRY_ADAPTERS = {
    "store": "exchange.adapters.store.Store",  # the city's own store
    "agency": "exchange.adapters.agency.Agency",  # another agency, asked over HTTP
    "certificates": "certificates.registry.Held",  # what we issued ourselves
}
VERIFIED_PAPERS = ["approvals.documents.verification"]  # beside certificates, at /verify/
# where those agencies answer that have no address of their own
REGISTRY_URL = env.str("REGISTRY_URL", "")


def _registry(registry: Registry) -> dict[str, Any]:
    """What the city says of a registry, with the address in this installation."""
    name = f"REGISTRY_{registry.code.upper()}"
    return {
        "adapter": REGISTRY_ADAPTERS[registry.answered_by],
        "url": env.str(f"{name}_URL", registry.url or REGISTRY_URL),
        "signature": registry.signature,  # of its keys: exchange.registry_keys
        "timeout": registry.timeout,
        "bulk": registry.bulk,
        "max_age": registry.max_age,
        "partner": registry.partner,  # who may tell us, by webhook, that records have changed
    }


REGISTRIES = {code: _registry(registry) for code, registry in CITY.registries.items()}

# messages to citizens: always in their inbox, and besides where they want them (affairs/)
EMAIL_HOST = env.str("EMAIL_HOST", "")
EMAIL_PORT = env.int("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "no-reply@localhost")
EMAIL_FILE_PATH = Path(env.str("EMAIL_DIR", str(BASE_DIR / "var" / "mail")))
if DEMO and not EMAIL_HOST:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_OFFERED = DEMO or bool(EMAIL_HOST)
# a dotted path; "" offers none. Console prints; ToFile writes to SMS_DIR, for the demo's page
SMS_ADAPTER = env.str("SMS_ADAPTER", "affairs.channels.ToFile" if DEMO else "")
SMS_DIR = Path(env.str("SMS_DIR", str(BASE_DIR / "var" / "sms")))
# what apps that use `portal` show under "My affairs": called with the citizen and the time
MY_APPOINTMENTS = "counter.views.open_rows"
ACTS_AS = "portal.capacity.actor_now"  # whom a citizen acts for: certificates know no sessions
ACTS_FOR_HOLDER = "approvals.queries.acts_for_applicant"  # certificates know no applications
PAST_CASES = "approvals.trials.past.has_cases"  # asked by services, which knows no cases
INSPECTED_SINCE = "approvals.queries.inspected"  # what a certificate was granted on, in words
BUNDLE_LINES = "bundles.desk.lines"  # of a case that is a step of a bundled case
FRONT_TILES = ["affairs.ratings.to_answer"]  # of a supervisor's first page at the desk

# keys: a folder of PEM files, one a purpose and generation; see docs/keys.md
KEYS_DIR = Path(env.str("KEYS_DIR", str(BASE_DIR / "var" / "keys")))
# made with the keys by `manage.py keys make`, as the database's owner: called with the time
KEY_MAKERS = ("certificates.pdf.signing.make",)
KEYS_ROOT = env.str("KEYS_ROOT", "")  # the root's private half: on a medium, for `keys` alone
HEADS_DIR = Path(env.str("HEADS_DIR", str(BASE_DIR / "var" / "heads")))  # exported tree heads
PDF_DIR = Path(env.str("PDF_DIR", str(BASE_DIR / "var" / "pdf")))  # signed PDFs, a cache
# files that applicants hand in: encrypted, in a folder that no web server serves
MATERIALS_DIR = Path(env.str("MATERIALS_DIR", str(BASE_DIR / "var" / "materials")))
CLAMD = env.str("CLAMD", "")  # unix:/path or host:port; "" scans nothing, and says so
if CLAMD and not (CLAMD.startswith("unix:/") or CLAMD.rpartition(":")[2].isdecimal()):
    raise ImproperlyConfigured("CLAMD is unix:/path or host:port")
FILING_ANSWER_SECONDS = env.int("FILING_ANSWER_SECONDS", 5 * 86_400)  # then a receiver is reminded

ENGINE_BATCH = env.int("ENGINE_BATCH", 200)
ENGINE_ATTEMPTS = 5  # then a clerk
LEASE_SECONDS = 15  # a batch takes well under one; a dead holder blocks nobody longer
# how long a registry that gives no usable answer is tried before an officer gets the case, and how
# long one whose answers about this subject alone are faulty; never beyond the promised time
CHECK_PATIENCE_SECONDS = env.int("CHECK_PATIENCE_SECONDS", 300)
CHECK_FAULTY_SECONDS = 3
# how long a case stays with an officer who opens nothing at the desk; then anybody may take it
TAKEN_RELEASE_SECONDS = env.int("TAKEN_RELEASE_SECONDS", 3 * 86_400)
PORTAL_BUDGET = 1.5  # seconds that a portal's submit waits for the decision
API_BUDGET_MAX = 5.0  # most that `Prefer: wait=N` waits
WAITERS_MAX = 256

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["approvals.api.authentication.AgencyToken"],
    "DEFAULT_PERMISSION_CLASSES": ["exchange.oauth.permissions.HasScope"],
    "DEFAULT_PARSER_CLASSES": ["approvals.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["approvals.api.renderers.ORJSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "approvals.api.negotiation.OneRenderer",
    "EXCEPTION_HANDLER": "approvals.api.problems.handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_VERSIONING_CLASS": None,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = openapi.SETTINGS

SECURE_SSL_REDIRECT = not (DEBUG or DEMO)
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXY_COUNT else None
SECURE_REDIRECT_EXEMPT = [r"^health/$", r"^ready/$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not (DEBUG or DEMO)
# seconds that a session lasts in all, and without a page being opened: people/access.py
SESSION_COOKIE_AGE = env.int("SESSION_LONGEST", 8 * 3600)
SESSION_IDLE = env.int("SESSION_IDLE", 30 * 60)
SESSION_COOKIE_NAME = "__Host-session" if SESSION_COOKIE_SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if CSRF_COOKIE_SECURE else "csrf"
CSRF_FAILURE_VIEW = "portal.errors.csrf_failed"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": list(PROGRAM_PATHS),  # JSON for programs: nothing to load
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'", *([OIDC.origin] if OIDC else [])],  # where logging in leads
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    },
}

TRACES_URL, TRACES_SHARE = telemetry.traces(env)
LOGGING = telemetry.logging(env)
os.environ.setdefault("TZ", "UTC")
