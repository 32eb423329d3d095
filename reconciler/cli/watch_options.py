"""The options of `reconcile --watch`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, TypeVar

import click

from reconciler.cli.git_options import GIT_OPTIONS, git_settings, hook_settings
from reconciler.cli.notice_options import NOTICE_OPTIONS, notice_settings
from reconciler.cli.options import option
from reconciler.cli.params import Duration, Listen, Moment, WindowParam
from reconciler.settings import Watching

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    option("--watch", is_flag=True, help="Stay: apply what is declared, correct or report drift, and serve a page."),
    option("--interval", type=Duration(), default="5m", show_default=True, metavar="T",
           help="With --watch: the time between two looks at a vault."),
    option("--listen", type=Listen(), default="127.0.0.1:8080", show_default=True, metavar="HOST:PORT",
           help="With --watch: where page, probes and metrics are served."),
    option("--page-host", multiple=True, metavar="NAME",
           help="With --watch: a name under which a proxy that signs people in serves the page; repeatable."),
    option("--window", multiple=True, type=WindowParam(), metavar="WINDOW",
           help="With --watch: changes only then, such as 'Mon-Fri 22:00-06:00 Europe/Amsterdam'; repeatable."),
    option("--freeze-until", type=Moment(), metavar="MOMENT", help="With --watch: no changes before that."),
    option("--freeze-file", type=click.Path(), metavar="FILE",
           help="With --watch: the same from a file: the moment, and why."),
    option("--vm-series", type=click.IntRange(0, 10_000), default=0, metavar="N",
           help="With --watch: for so many VMs /metrics has series of their own."),
    *GIT_OPTIONS,
    *NOTICE_OPTIONS,
)  # fmt: skip


def watch_options(command: F) -> F:
    """Add them, in the order in which the help shows them."""
    return reduce(lambda decorated, add: add(decorated), reversed(_OPTIONS), command)


def watching_of(words: Mapping[str, Any]) -> Watching:
    """What they say."""
    return Watching(
        interval=words["interval"],
        listen=words["listen"],
        page_hosts=words["page_host"],
        vm_series=words["vm_series"],
        windows=words["window"],
        freeze_until=words["freeze_until"],
        freeze_file=words["freeze_file"],
        git=git_settings(words),
        hook=hook_settings(words),
        notices=notice_settings(words),
    )
