"""The terminal pictures in `docs/`: `python -m tests.pictures` makes them from real output."""

from __future__ import annotations

import html
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "plan.svg"
WIDTH = 96
QUICKSTART = ("--cloud", "embedded", "--estate", "examples/quickstart/estate.yaml", "-f", "examples/quickstart/backup")
_INKS = ("10141c", "ff6961", "7ed385", "f0c674", "61afef", "c6a0f6", "56c8d8", "d6deeb")
_BRIGHT = ("5c6370", "ff8780", "98e6a0", "fad796", "82c3fa", "d7b9fa", "78d7e6", "f5f7fa")


def _rgb(ink: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(ink)
    return red, green, blue


_THEME = TerminalTheme(_rgb(_INKS[0]), _rgb(_INKS[-1]), [_rgb(ink) for ink in _INKS], [_rgb(ink) for ink in _BRIGHT])


def printed() -> str:
    """What the README's first command prints on a colour terminal of 96 columns, with its escape sequences."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "examples", Path(folder, "examples"))  # a copy: its revision would change the picture
        settings = {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
        kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "CI"}}
        command = [sys.executable, "-m", "reconciler", *QUICKSTART, "--dry-run"]
        done = subprocess.run(command, cwd=folder, env=kept | settings, capture_output=True, text=True, check=True)
        return done.stdout


def picture(output: str) -> str:
    """An SVG of terminal output that fetches nothing when it is shown."""
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(Text.from_ansi(output))
    drawn = console.export_svg(title="reconcile --dry-run", theme=_THEME, unique_id="plan")
    local = re.sub(r"@font-face\s*\{.*?\}", "", drawn, flags=re.DOTALL).replace("<text ", '<text xml:space="preserve" ')
    return "\n".join(line.rstrip() for line in local.splitlines() if line.strip()) + "\n"


def words(svg: str) -> list[str]:
    """The words a picture shows, in order."""
    return html.unescape(" ".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg))).split()
