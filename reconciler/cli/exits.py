"""Exit codes: what each means, and which one wins when several would do (DESIGN 3)."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    DONE = 0
    ERROR = 1
    PENDING = 2
    HELD = 3
    PARTIAL = 4
    COVERAGE = 5
    USAGE = 64
    INVALID = 65
    SIGHUP = 129
    SIGINT = 130
    SIGTERM = 143


DRY_RUN = (Exit.ERROR, Exit.HELD, Exit.COVERAGE, Exit.PENDING)
APPLY = (Exit.ERROR, Exit.PARTIAL, Exit.HELD, Exit.COVERAGE)
"""Who wins, first to last."""

HELP = """\
\b
Exit codes, and where several fit, the first of the list wins:
  apply    1 error, 4 some VMs failed and the rest were applied,
           3 something is held by a guard or a pause, 5 coverage not met
           (only with --require-coverage), 0 done
  dry run  1 error, 3 held, or what --fail-on names was found,
           5 coverage not met (only with --require-coverage),
           2 changes pending (only with --detailed-exitcode), 0 done
  always   64 wrong usage, 65 invalid manifests, 129/130/143 interrupted
"""


def first(order: tuple[Exit, ...], met: set[Exit]) -> Exit:
    """The code of `order` that comes first among those that were met; DONE when none was."""
    return next((code for code in order if code in met), Exit.DONE)
