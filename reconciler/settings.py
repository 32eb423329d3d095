"""The operator's settings: what a run may do, and where; from flags, variables and a file, never from manifests."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reconciler.model.brief import brief
from reconciler.model.window import Window

ENV_PREFIX = "RECONCILE_"
DEFAULT_VAULT_FILE = ".reconcile/vault.db"
_LARGEST_FILE = 256 * 1024
_LARGEST_NOTE = 4096


class SettingsError(Exception):
    """The settings cannot be used; the message says what, where, and what to write instead."""


@dataclass(frozen=True, slots=True)
class GitSettings:
    """A repository to follow; `interval` is in seconds. Files are paths of this machine, `token` is secret."""

    url: str
    branch: str = "main"
    path: str = "."
    interval: float = 60.0
    user: str = "git"
    token_file: str | None = None
    token: str | None = field(default=None, repr=False)
    ssh_key: str | None = None
    known_hosts: str | None = None
    allowed_signers: str | None = None
    accept_rewind: str | None = None


@dataclass(frozen=True, slots=True)
class HookSettings:
    """Where the secret of `POST /hook` is; without one there is no such address."""

    secret_file: str | None = None
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """Whom a daemon tells by itself. `smtp` is HOST:PORT. Secrets are texts here, or files that hold one."""

    webhook: str | None = field(default=None, repr=False)
    webhook_secret: str | None = field(default=None, repr=False)
    webhook_secret_file: str | None = None
    mail_to: tuple[str, ...] = ()
    mail_from: str | None = None
    smtp: str = "127.0.0.1:25"
    smtp_user: str | None = None
    smtp_password: str | None = field(default=None, repr=False)
    smtp_password_file: str | None = None
    page_url: str | None = None
    """The address under which people find the page."""
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Watching:
    """What concerns watch mode alone. `interval` is in seconds between two passes, `listen` is HOST:PORT."""

    interval: float = 300.0
    listen: str = "127.0.0.1:8080"
    page_hosts: tuple[str, ...] = ()
    """The names, beside loopback's, under which people reach the page."""
    vm_series: int = 0
    """For how many VMs `/metrics` has series of their own."""
    windows: tuple[Window, ...] = ()
    """When changes are allowed; at any time where there are none."""
    freeze_until: datetime | None = None
    """No changes before this moment (aware)."""
    freeze_file: str | None = None
    """The same from a file, which says until when, and may say why."""
    git: GitSettings | None = None
    """The repository that is followed, instead of `Settings.files`."""
    hook: HookSettings = field(default_factory=HookSettings)
    notices: NoticeSettings = field(default_factory=NoticeSettings)


@dataclass(frozen=True, slots=True)
class Settings:
    """`timeout` is in seconds. `max_shrink` is a share between 0 and 1. None is a limit that is not set.

    `subscriptions` are the only ones that may be touched, in any spelling; empty: those that the manifests name.
    """

    files: tuple[str, ...]
    cloud: str = "azure"
    estate: str | None = None
    dry_run: bool = False
    targets: tuple[str, ...] = ()
    out: str | None = None
    plan: str | None = None
    parallelism: int = 10
    timeout: float = 3600.0
    max_writes: int | None = None
    max_stops: int = 5
    max_shrink: float = 0.2
    canary: int | None = None
    """For how many VMs a policy may change at once, without one that goes first."""
    confirm_gone: tuple[str, ...] = ()
    """Vaults and VMs of which the operator, who has looked, says that they do not exist."""
    require_coverage: bool = False
    fail_on: tuple[str, ...] = ()
    """What in a dry run is to end it with exit 3, beside what a guard holds: `predicted`, `warning`."""
    pause: str | None = None
    """Why all writes are paused from the start, or None."""
    pause_file: str | None = None
    """While this file exists, nothing more is written."""
    subscriptions: tuple[str, ...] = ()
    journal: str | None = None
    """A file, or the address of a PostgreSQL database, which may hold a password; None: beside the cloud's state."""
    watching: Watching = field(default_factory=Watching)


_KEYS: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    "file": (list, 'a list of paths, such as ["backup"]'),
    "cloud": (str, 'a text, such as "azure"'),
    "estate": (str, "a path"),
    "detailed-exitcode": (bool, "true or false"),
    "target": (list, 'a list of names, such as ["web-01"]'),
    "parallelism": (int, "a whole number"),
    "timeout": (str, 'a duration, such as "90 minutes"'),
    "output": (str, 'a format, such as "human"'),
    "output-file": (list, 'a list, such as ["json=plan.json"]'),
    "require-coverage": (bool, "true or false"),
    "fail-on": (list, 'a list, such as ["predicted"]'),
    "full": (bool, "true or false"),
    "max-writes": (int, "a whole number"),
    "max-stops": (int, "a whole number"),
    "max-shrink": (str, 'a share, such as "20%"'),
    "canary": (int, "a whole number"),
    "lang": (str, '"en" or "zh-TW"'),
    "no-color": (bool, "true or false"),
    "log-format": (str, '"text" or "json"'),
    "log-level": (str, 'a level, such as "info"'),
    "pause-file": (str, "a path"),
    "journal": (str, 'a path, or "postgresql://USER@HOST/DATABASE"'),
    "subscription": (list, "a list of subscription ids"),
    "interval": (str, 'a duration, such as "5 minutes"'),
    "vm-series": (int, "a whole number"),
    "listen": (str, 'a host and a port, such as "127.0.0.1:8080"'),
    "window": (list, 'a list of change windows, such as ["Mon-Fri 22:00-06:00 Europe/Amsterdam"]'),
    "freeze-until": (str, 'a moment, such as "2027-01-04T06:00:00+01:00"'),
    "freeze-file": (str, "a path"),
    "notify-webhook": (str, 'an address, such as "https://hooks.example.com/backup"'),
    "notify-secret-file": (str, "a path"),
    "notify-mail": (list, 'a list of addresses, such as ["backup@example.com"]'),
    "mail-from": (str, 'an address, such as "reconcile@example.com"'),
    "smtp": (str, 'a host and a port, such as "mail.example.com:587"'),
    "smtp-user": (str, "a name"),
    "smtp-password-file": (str, "a path"),
    "page-host": (list, 'a list of names, such as ["backup.example.com"]'),
    "page-url": (str, 'an address, such as "https://backup.example.com"'),
    "git": (str, 'an address, such as "https://git.example.org/team/backup.git"'),
    "branch": (str, 'a name, such as "main"'),
    "path": (str, 'a folder of the repository, such as "backup"'),
    "git-interval": (str, 'a duration, such as "1 minute"'),
    "git-user": (str, 'a name, such as "git"'),
    "git-token-file": (str, "a path"),
    "git-ssh-key": (str, "a path"),
    "git-known-hosts": (str, "a path"),
    "allowed-signers": (str, "a path"),
    "accept-rewind": (str, "the id of a commit"),
    "hook-secret-file": (str, "a path"),
}
"""What a settings file may say: the long flags of the same names."""


def file_path(environment: Mapping[str, str]) -> Path:
    """Where the settings file is looked for when no flag or variable names one."""
    home = environment.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(home) / "reconcile" / "settings.toml"


def read(path: Path, *, must_exist: bool) -> dict[str, Any]:
    """The settings of a file by the name of their flag (`max_writes`); raises SettingsError."""
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise SettingsError(f"{path}: a settings file of more than 256 KiB is refused")
        text = path.read_text(encoding="utf-8")
        stored = tomllib.loads(text)
    except FileNotFoundError as error:
        if must_exist:
            raise SettingsError(f"{path}: there is no such settings file") from error
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: the settings file cannot be read: {error}") from error
    except (ValueError, RecursionError, MemoryError) as error:
        # beside TOMLDecodeError: a number of thousands of digits, tables within each other by the thousand
        raise SettingsError(f"{path}: this is not TOML: {brief(str(error), 200)}") from error
    return {key.replace("-", "_"): _checked(path, key, value) for key, value in stored.items()}


def _checked(path: Path, key: str, value: object) -> object:
    if key not in _KEYS:
        near = difflib.get_close_matches(brief(key), _KEYS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(_KEYS))}"
        raise SettingsError(f"{path}: there is no setting {brief(key)}; {hint}")
    kind, wanted = _KEYS[key]
    fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    if isinstance(value, list):
        fits = fits and all(isinstance(entry, str) for entry in value)
    if not fits:
        raise SettingsError(f"{path}: {key} needs {wanted}")
    texts = value if isinstance(value, list) else [value]
    if not all(text.isprintable() for text in texts if isinstance(text, str)):
        raise SettingsError(f"{path}: {key} holds a character that cannot be printed")
    return value


def frozen(watching: Watching, now: datetime) -> str:
    """Why no change may be made now by a freeze of the operator's, and until when; empty where there is none.

    A freeze file begins with the moment at which the freeze ends; what follows says why. One that cannot be read, or
    understood, freezes.
    """
    until = watching.freeze_until
    if until is not None and now < until:
        return f"frozen until {until:%Y-%m-%d %H:%M %Z}"
    if watching.freeze_file is None:
        return ""
    try:
        with open(watching.freeze_file, encoding="utf-8") as file:
            text = file.read(_LARGEST_NOTE)
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        return f"frozen: the file {watching.freeze_file} cannot be read ({error})"
    first, _, rest = text.strip().partition("\n")
    moment, _, why = first.strip().partition(" ")
    try:
        until = moment_of(moment)
    except ValueError:
        return f"frozen: the file {watching.freeze_file} does not begin with a moment such as 2027-01-04T06:00:00+01:00"
    because = " ".join(f"{why} {rest}".split())
    return f"frozen until {until:%Y-%m-%d %H:%M %Z}{because and f': {because}'}" if now < until else ""


def moment_of(text: str) -> datetime:
    """`2027-01-04T06:00:00+01:00`, `2027-01-04T05:00Z`, or a date, which begins at midnight UTC; raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        if len(text) > len("2027-01-04"):
            raise ValueError(f"{text!r} has no offset from UTC")
        return moment.replace(tzinfo=UTC)
    return moment


def pause_reason(environment: Mapping[str, str]) -> str | None:
    """Why `RECONCILE_PAUSE` stops all writes: any value but an empty one, 0, false and no does."""
    value = environment.get(f"{ENV_PREFIX}PAUSE", "").strip()
    return None if value.lower() in {"", "0", "false", "no"} else "paused by RECONCILE_PAUSE"


def pause_file_reason(path: str | None) -> str | None:
    """Why a pause file stops all writes, while it is there; one that cannot be looked at counts as there."""
    if path is None:
        return None
    try:
        os.stat(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"paused: the pause file {path} cannot be looked at ({error.strerror})"
    return f"paused by the file {path}"
