"""The options of watch mode that say which repository to follow, and how to sign in to it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import click

from reconciler.cli.options import option
from reconciler.cli.params import Duration
from reconciler.settings import GitSettings, HookSettings

_FILE = click.Path(dir_okay=False)
GIT_OPTIONS = (
    option("--git", metavar="URL",
           help="With --watch: follow a repository instead of files: https://, ssh:// or git@HOST:PATH."),
    option("--branch", default="main", show_default=True, metavar="B", help="With --git: the branch that is followed."),
    option("--path", default=".", metavar="P", help="With --git: the folder of the manifests in the repository."),
    option("--git-interval", type=Duration(), default="1m", show_default=True, metavar="T",
           help="With --git: the time between two looks at the repository."),
    option("--git-user", default="git", show_default=True, metavar="NAME",
           help="With --git: the user that goes with the token."),
    option("--git-token-file", type=_FILE, metavar="FILE",
           help="With --git: the token for https://; else RECONCILE_GIT_TOKEN has it."),
    option("--git-ssh-key", type=_FILE, metavar="FILE", help="With --git: the private key for ssh."),
    option("--git-known-hosts", type=_FILE, metavar="FILE", help="With --git: the keys of the hosts for ssh."),
    option("--allowed-signers", type=_FILE, metavar="FILE",
           help="With --git: put only commits in force that a key of this list has signed."),
    option("--accept-rewind", metavar="SHA",
           help="With --git: accept, once, that the branch was set back to this commit."),
    option("--hook-secret-file", type=_FILE, metavar="FILE",
           help="With --watch: answer POST /hook for who knows this secret; else RECONCILE_HOOK_SECRET has it."),
)  # fmt: skip
OF_GIT = (
    "branch",
    "path",
    "git_interval",
    "git_user",
    "git_token_file",
    "git_ssh_key",
    "git_known_hosts",
    "allowed_signers",
    "accept_rewind",
)


def git_settings(words: Mapping[str, Any]) -> GitSettings | None:
    """Which repository is followed, if one is."""
    if not words.get("git"):
        return None
    return GitSettings(
        url=words["git"],
        branch=words["branch"],
        path=words["path"],
        interval=words["git_interval"],
        user=words["git_user"],
        token_file=words["git_token_file"],
        token=os.environ.get("RECONCILE_GIT_TOKEN"),
        ssh_key=words["git_ssh_key"],
        known_hosts=words["git_known_hosts"],
        allowed_signers=words["allowed_signers"],
        accept_rewind=words["accept_rewind"],
    )


def hook_settings(words: Mapping[str, Any]) -> HookSettings:
    return HookSettings(words.get("hook_secret_file"), os.environ.get("RECONCILE_HOOK_SECRET"))


def require_sense(ctx: click.Context) -> None:
    """UsageError for options that are given here and of no use without others."""

    def given(name: str) -> bool:
        return ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE

    if given("git") and not ctx.params["watch"]:
        raise click.UsageError("--git follows a repository: add --watch", ctx)
    if given("git") and given("file"):
        raise click.UsageError("--git and -f are two sources of manifests: give one; --path names the folder", ctx)
    for name in OF_GIT:
        if given(name) and not ctx.params["git"]:
            raise click.UsageError(f"--{name.replace('_', '-')} is about a repository: add --git URL", ctx)
    if given("hook_secret_file") and not ctx.params["watch"]:
        raise click.UsageError("--hook-secret-file is for a process that stays: add --watch", ctx)
