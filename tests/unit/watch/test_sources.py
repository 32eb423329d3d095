"""From the operator's settings to a source, and to the address that wakes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.app import Place, SetupError, UsageSetupError
from reconciler.clocks import RealClock
from reconciler.manifests.load import load_texts
from reconciler.settings import GitSettings, HookSettings, Settings, Watching
from reconciler.sources.folder import FolderSource
from reconciler.sources.git.source import GitSource
from reconciler.vaultserver.world import World
from reconciler.watch.sources import hook_of, source_of
from tests.unit.sources.folders import names
from tests.unit.sources.git.origins import Origin, vault

SECRET = "correct-horse-battery"


def place(folder: Path, world: World | None = None) -> Place:
    return Place("azure", "azure", RealClock(), ":memory:", world, state=folder / "state")


async def test_files_are_followed(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(vault("one"))
    source = source_of(place(tmp_path), Settings((str(tmp_path / "a.yaml"),)), load_texts)
    assert isinstance(source, FolderSource)
    assert names(await source.look()) == ["one"]


async def test_a_repository_of_this_machine_is_followed_with_the_embedded_vault_only(tmp_path: Path) -> None:
    origin = Origin(tmp_path / "origin.git")
    origin.commit({"prod/a.yaml": vault("one")})
    settings = Settings((), watching=Watching(git=GitSettings(str(origin.folder), path="prod")))
    with pytest.raises(UsageSetupError, match="write https://"):
        source_of(place(tmp_path), settings, load_texts)
    world = World()
    source = source_of(place(tmp_path, world), settings, load_texts)
    assert isinstance(source, GitSource)
    found = await source.look()
    assert names(found) == ["one"]
    assert found.state.title == f"{origin.folder} (main, prod)"
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["git"]
    world.close()
    origin.repo.close()


def test_secrets_are_in_no_text_of_the_settings() -> None:
    git, hook = GitSettings("https://h/b", token=SECRET), HookSettings(secret=SECRET)
    assert SECRET not in repr(Settings((), watching=Watching(git=git, hook=hook)))


async def test_the_hook_is_there_only_with_a_secret(tmp_path: Path) -> None:
    source = source_of(place(tmp_path), Settings((str(tmp_path),)), load_texts)
    assert hook_of(HookSettings(), source) == []
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    for hook in (HookSettings(secret=SECRET), HookSettings(secret_file=str(file))):
        assert [route.path for route in hook_of(hook, source)] == ["/hook"]
    for text in (b"", b"short", b"\xff" * 20):
        file.write_bytes(text)
        with pytest.raises(SetupError):
            hook_of(HookSettings(secret_file=str(file)), source)
