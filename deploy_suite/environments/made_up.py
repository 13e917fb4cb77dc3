"""Values for what only the target has: of a form that settings classes take, and that leads nowhere."""

import base64
import json
import re
from typing import Final

from deploy_suite.model.contract import Contract

# What a made-up value must look like for settings classes to take it, by the words that names commonly carry.
_DUMMIES: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), value)
    for pattern, value in (
        (r"MONGO", "mongodb://127.0.0.1:27017/preflight"),
        (r"^CLOUDINARY_URL$", "cloudinary://123456789012345:preflight-dummy@preflight-dummy"),
        (r"AMQP|RABBIT", "amqp://guest@127.0.0.1:5672//"),
        (r"REDIS|CELERY_(BROKER|RESULT)|BROKER_URL", "redis://127.0.0.1:6379/0"),
        (r"^(DEBUG|.*_DEBUG)$|^(ENABLE|USE|IS|HAS|DISABLE)_|_(ENABLED|DISABLED)$|_(USE_)?(TLS|SSL)$", "false"),
        (r"_PORT$", "2525"),
        (r"(^|_)(TZ|TIME_?ZONE)$", "UTC"),
        (r"(TIMEOUT|LIMIT|(?<!AC)(?<!DIS)COUNT|SIZE|DAYS|HOURS|MINUTES|SECONDS|TTL|_ID|MAX|(?<!AD)MIN)(_|$)", "1"),
        (r"EMAIL|_FROM$|MAIL_(SENDER|USERNAME)", "dummy@example.com"),
        (r"(URL|URI|ENDPOINT|ORIGINS?|DOMAIN|WEBHOOK)S?$", "https://preflight-dummy.invalid"),
        (r"HOST$", "127.0.0.1"),
        (r"(^|_)(USER|USERNAME|LOGIN|NAME)$", "preflight-user"),  # columns for names are often narrow
    )
)
# The servers behind such an address are asked of DNS before anything connects, and no made-up name has any there;
# https://www.mongodb.com/docs/manual/reference/connection-string-formats/#srv-connection-format
_BY_DNS: Final = re.compile(r"^(?P<scheme>\w+)\+srv://[^/?#]*")
# What a file of examples leaves to the shell of whoever fills it in; such a value leads nowhere as it stands.
_LEFT_OPEN: Final = "${"
_URL: Final = re.compile(r"^(?P<scheme>[a-z][\w+.-]*)://")
_ALLOWED_HOSTS: Final = re.compile(r"ALLOWED_HOSTS?$")
_JSON_NAME: Final = re.compile(r"(?:^|_)JSON$")
# Who encrypts asks for a key of 32 bytes, mostly in the form of Fernet, and refuses another as soon as it is read;
# https://cryptography.io/en/latest/fernet/
_KEY_NAME: Final = re.compile(r"(?:FERNET|ENCRYPT(?:ION)?|CIPHER|CRYPTO)(?:_\w+)?_KEY$", re.IGNORECASE)
_KEY: Final = base64.urlsafe_b64encode(b"preflight-dummy-not-a-real-key-0").decode()
_KEY_LENGTHS: Final = frozenset({16, 24, 32, 43, 44, 64})  # of keys as they are, in base64, in hexadecimal digits
# What such a name holds is a number, whatever else it speaks of: what reads it mostly turns it into one at once.
_NUMBER_NAME: Final = re.compile(
    r"(?:^|_)(?:(?:USER|CHAT|CHANNEL|GUILD|GROUP|ADMIN|OWNER|ROLE|TOPIC|THREAD)_IDS?"
    r"|TIMEOUT|DAYS|HOURS|MINUTES|MINS|SECONDS|SECS|TTL)$"
)
_DIGIT: Final = re.compile(r"\d")
# Telegram's libraries refuse another form before they ask; https://core.telegram.org/bots/api#authorizing-your-bot
_BOT_TOKEN_NAME: Final = re.compile(r"(?:^|_)(?:BOT|TELEGRAM|TG)(?:_\w+)?_?TOKEN$|^(?:API_)?TOKEN$", re.IGNORECASE)
_OF_BOTS: Final = "0123456789:preflight-dummy-not-a-real-token-00"
_SECRET_NAME: Final = re.compile(r"SECRET|TOKEN|KEY|PASS|CREDENTIAL|DSN|AUTH|PRIVATE|SALT|JWT", re.IGNORECASE)


def value(name: str, contract: Contract, *, example: str) -> str:
    """Return a value for the variable *name*, after the project's own *example* where there is one."""
    if example and contract.host and _ALLOWED_HOSTS.search(name):
        return _with_host(example, contract.host)
    if _KEY_NAME.search(name) and len(example) not in _KEY_LENGTHS:
        return _KEY
    if _BOT_TOKEN_NAME.search(name) and ":" not in example:
        return _OF_BOTS
    if _NUMBER_NAME.search(name) and not _DIGIT.search(example):  # an example in words tells whose number, and none
        return "1"
    if _LEFT_OPEN in example:
        url = _URL.match(example)
        return f"{url['scheme']}://127.0.0.1/preflight" if url else _by_name(name, contract)
    return _BY_DNS.sub(r"\g<scheme>://127.0.0.1", example) or _by_name(name, contract)


def is_secret(name: str) -> bool:
    """Whether the variable *name* says that it holds a secret."""
    return bool(_SECRET_NAME.search(name))


def _by_name(name: str, contract: Contract) -> str:
    if _ALLOWED_HOSTS.search(name):
        return contract.host
    if _JSON_NAME.search(name):
        return "{}"
    if is_secret(name):
        return f"preflight-dummy-{name.lower()}-not-a-real-secret-0123456789"
    return next((value for pattern, value in _DUMMIES if pattern.search(name)), f"preflight-dummy-{name.lower()}")


def _with_host(example: str, host: str) -> str:
    """Return the hosts of a desk and that of the target, in the form in which the project's example lists them."""
    try:
        listed = json.loads(example)
    except (ValueError, RecursionError):
        return f"{example}{' ' if ' ' in example.strip() and ',' not in example else ','}{host}"
    return json.dumps([*listed, host]) if isinstance(listed, list) else f"{example},{host}"


def of_service(part: str) -> str:
    """Return that part of the address of another service, which is taken for a Redis."""
    return {
        "host": "127.0.0.1",
        "port": "6379",
        "hostport": "127.0.0.1:6379",
        "connectionString": "redis://127.0.0.1:6379",
    }.get(part, "preflight-dummy")
