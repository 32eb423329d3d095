"""docs/reliability.md, made from reports: `python -m tests.ladders docs REPORT...`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.ladders.report import ROOT

PAGE, DATA = ROOT / "docs" / "reliability.md", ROOT / "docs" / "reliability.json"
SEEDS = Path(__file__).parent / "seeds.yaml"
_DAY = 10
"""Characters of an ISO time that are its date."""

_HEAD = """# What was done to it so that you need not

A tool that can stop backups must be the most boring program in the company. So everything that can go wrong between
it and Azure was made to go wrong, on purpose and by machine: *ladders* of harm, each with all its cases. What runs is
the real program: planning, engine, journal, and the adapter with its pipeline. In most ladders Azure is the embedded
vault in the same process and time is virtual, so that a run is a function of its seed. After every such run each
promise is checked as a [predicate](../tests/ladders/invariants) over the requests that were sent, the journal, the
vault and the output.

This page is made from the reports of those runs, [reliability.json](reliability.json), and not written by hand.
"""
_AGAIN = """## Do it yourself

```sh
python -m tests.ladders --budget 10m                # a tour of all ladders in ten minutes
python -m tests.ladders --only 1,2 --budget full    # all cases of two of them
python -m tests.ladders replay --ladder 1 --seed 'fresh apply write:item:rg/web-1@rsv#1 T7 1'    # one run again
```

A violation is printed with the seed of the simplest run that shows it. Each that was ever found is kept as a test.
"""
_LIMITS = """* Azure itself. The embedded vault is checked against Azure's published interface, recordings and real
  [clients](clients.md), but it is ours: what nobody knows of Azure is not in it.
* Two faults at once are tried by sample, not all of them: there are some {pairs} billion pairs.
* Who started a VM to register it is written in the journal and nowhere else: lose the journal in those minutes, and the
  VM stays on.
* A list of Azure's that lags behind for more than five minutes can make the next run repeat a request that is safe to
  repeat; it cannot make it stop or delete anything.
"""


def page(report: Mapping[str, Any]) -> str:
    """The page, in Markdown."""
    return "\n".join([_HEAD, *_table(report), *_each(report), *_found(report), *_not(report), _AGAIN])


def _table(report: Mapping[str, Any]) -> Iterator[str]:
    libraries = ", ".join(f"{name} {number}" for name, number in report["libraries"].items())
    yield "## The figures\n"
    yield (
        f"{_commits(report)}, {report['began'][:_DAY]}, Python {report['python']}, SQLite "
        f"{report['sqlite']}, {libraries}; {report['jobs']} processes, seed {report['seed']}.\n"
    )
    yield "| ladder | | runs | of | ways it went | violations | minutes |"
    yield "|---:|---|---:|---:|---:|---:|---:|"
    for one in report["ladders"]:
        runs = "not run" if one["not_run"] else f"{one['runs']:,}"
        yield (
            f"| {one['number']} | {one['title']} | {runs} | {_of(one)} | {one['behaviours']:,} "
            f"| {len(one['violations'])} | {one['seconds'] / 60:.0f} |"
        )
    runs = sum(one["runs"] for one in report["ladders"])
    broken = sum(len(one["violations"]) for one in report["ladders"])
    yield f"\n{runs:,} runs, {broken} violations. *Ways it went* counts those that sent or were told something else.\n"


def _commits(report: Mapping[str, Any]) -> str:
    """One, unless ladders were climbed at different ones."""
    found: dict[str, list[str]] = {}
    for one in report["ladders"]:
        found.setdefault(one["commit"][:12], []).append(str(one["number"]))
    if len(found) == 1:
        return f"Commit `{next(iter(found))}`"
    return "; ".join(f"commit `{name}` (ladders {', '.join(numbers)})" for name, numbers in found.items()).capitalize()


def _of(one: Mapping[str, Any]) -> str:
    """How many cases there are; of samples, how many a full run makes."""
    if one["total"] is not None:
        return f"{one['total']:,}"
    return f"{one['goal']:,} sampled" if one["goal"] else ""


def _each(report: Mapping[str, Any]) -> Iterator[str]:
    yield "## What was done\n"
    for one in report["ladders"]:
        yield f"**{one['number']}. {one['title']}.** {one['what']}\n"


def _found(report: Mapping[str, Any]) -> Iterator[str]:
    kept = yaml.safe_load(SEEDS.read_text(encoding="utf-8")) or {}
    number = sum(len(seeds) for seeds in kept.values())
    yield "## What was found on the way\n"
    yield f"{number} runs broke a promise before it was mended. Each is replayed by the tests, from its seed:\n"
    for ladder, seeds in sorted(kept.items()):
        yield from (f"* {one['was']} (ladder {ladder})" for one in seeds)
    mended = {(ladder, one["seed"]) for ladder, seeds in kept.items() for one in seeds}
    open_ones = [
        (one["number"], broken)
        for one in report["ladders"]
        for broken in one["violations"]
        if (one["number"], broken["seed"]) not in mended
    ]
    if open_ones:
        yield "\nNot mended yet:\n"
        yield from (f"* ladder {number}: {broken['said'][0]} — `{broken['replay']}`" for number, broken in open_ones)
    yield ""


def _not(report: Mapping[str, Any]) -> Iterator[str]:
    yield "## What was not tried\n"
    for one in report["ladders"]:
        if one["not_run"]:
            yield f"* Ladder {one['number']} was not run: {one['not_run']}."
        elif not one["complete"]:
            yield f"* Ladder {one['number']} was ended before all of its cases were run: {one['runs']:,} of {_of(one)}."
        elif one["total"] and one["runs"] + sum(one["skipped"].values()) < one["total"]:
            yield f"* Of the {one['total']:,} cases of ladder {one['number']} a sample of {one['runs']:,} was run."
        for why, count in one["skipped"].items():
            yield f"* Of ladder {one['number']}, {count:,} cases were skipped: {why}."
    single = next((one["total"] for one in report["ladders"] if one["number"] == 1), None)
    pairs = f"{(single or 200_000) ** 2 / 2e9:.0f}"
    yield _LIMITS.format(pairs=pairs)


def write(report_files: Sequence[Path]) -> None:
    """Make page and data from reports; of a ladder that several have, the last counts."""
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in report_files]
    ladders = {one["number"]: one for report in reports for one in report["ladders"]}
    whole = reports[-1] | {"ladders": [ladders[number] for number in sorted(ladders)]}
    DATA.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(whole), encoding="utf-8")
