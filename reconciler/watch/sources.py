"""Where the manifests of a daemon come from, made of its settings: folders, or a branch of a repository."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from secrets import SystemRandom

from starlette.routing import Route

from reconciler.app import Place, SetupError, UsageSetupError
from reconciler.clocks import RealClock
from reconciler.engine.ports import Source
from reconciler.settings import GitSettings, HookSettings, Settings
from reconciler.sources.in_force import Load

_LARGEST_SECRET = 4096


def source_of(place: Place, settings: Settings, load: Load) -> Source:
    """The source that the settings name. UsageSetupError."""
    from reconciler.manifests.builder import MANIFEST_LIMITS
    from reconciler.manifests.files import collect
    from reconciler.sources.folder import FolderSource

    if settings.watching.git is not None:
        return _repository(place, settings.watching.git, load)
    paths = [Path(file) for file in settings.files]
    read = partial(collect, paths, most_bytes=MANIFEST_LIMITS.size)
    return FolderSource(paths, place.clock, read=read, load=load)


def _repository(place: Place, git: GitSettings, load: Load) -> Source:
    from reconciler.sources.git import address
    from reconciler.sources.git.branch import Followed
    from reconciler.sources.git.remote import Access, token_from
    from reconciler.sources.git.source import GitSource

    try:
        followed = Followed(
            address.parse(git.url, local=place.world is not None),
            address.branch(git.branch),
            address.folder(git.path),
            Access(git.user, token_from(_path(git.token_file), git.token), _path(git.ssh_key), _path(git.known_hosts)),
            _path(git.allowed_signers),
            None if git.accept_rewind is None else address.commit(git.accept_rewind),
        )
    except address.AddressError as error:
        raise UsageSetupError(str(error)) from error
    return GitSource(
        followed, place.state / "git", place.clock, load=load, random=SystemRandom(), interval=git.interval
    )


def hook_of(hook: HookSettings, source: Source) -> list[Route]:
    """The address that wakes the source, where a secret is given. SetupError."""
    from reconciler.sources.hook import hook as route

    secret = hook.secret or None if hook.secret_file is None else secret_in(Path(hook.secret_file), "the hook")
    if secret is None:
        return []
    try:
        return [route(secret, source.wake, RealClock().monotonic)]
    except ValueError as error:
        raise SetupError(str(error)) from error


def secret_in(path: Path, whose: str) -> str:
    """What a file holds, without the blanks around it; SetupError."""
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(_LARGEST_SECRET).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"the secret of {whose} cannot be read from {path}") from error


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)
