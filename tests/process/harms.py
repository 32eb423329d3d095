"""What can befall the process of an apply, each done to a real one. Yields what went wrong: `I-32: …`."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

from tests.process.scene import Scene
from tests.process.server import TIMEOUT

Harm = Callable[[Scene, Random], Iterator[str]]

KILLS = 5
"""Processes in a row that `killed` kills."""
LOOP = 20
"""Processes in a row that `killed_in_a_loop` kills while two hundred VMs are being protected."""
_SLEEP = 1.0
_STOPPED = 10.0
"""Seconds within which a process that is asked to end has ended (I-32)."""


def killed(place: Scene, random: Random) -> Iterator[str]:
    """SIGKILL at any moment, several times in a row."""
    return _kill(place, random, KILLS)


def killed_in_a_loop(place: Scene, random: Random) -> Iterator[str]:
    """SIGKILL again and again; each life gets a little further."""
    return _kill(place, random, LOOP, most=40)


def _kill(place: Scene, random: Random, times: int, most: int = 16) -> Iterator[str]:
    """Until so many have died of it: one that ends before is not counted, and the next is caught earlier."""
    killed = tries = 0
    while killed < times and tries < 4 * times:
        code, said = _end(_going(place, random, most), signal.SIGKILL)
        killed, tries = killed + (code == -signal.SIGKILL), tries + 1
        most = max(most // 2, 1) if code == 0 else most
        if code not in {-signal.SIGKILL, 0}:
            yield f"I-25: before it could be killed it ended with {code}: {said[-600:]}"
    if killed < times:
        yield f"I-25: only {killed} of {tries} processes could be killed"


def interrupted(place: Scene, random: Random) -> Iterator[str]:
    """SIGTERM, SIGINT or a terminal that hangs up: it ends in time, with a code of its own."""
    number = random.choice([signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    process = _going(place, random)
    began = time.monotonic()
    code, said = _end(process, number)
    took = time.monotonic() - began
    if code not in {0, 128 + number} or took > _STOPPED:
        yield f"I-32: after {number.name} it ended with {code}, {took:.1f} s later"
    yield from _traceback(said)


def interrupted_twice(place: Scene, random: Random) -> Iterator[str]:
    """The second signal ends it at once."""
    number = random.choice([signal.SIGTERM, signal.SIGINT])
    process = _going(place, random)
    process.send_signal(number)
    time.sleep(random.random() * 0.2)
    began = time.monotonic()
    code, said = _end(process, number)
    took = time.monotonic() - began
    # Between its last line and its end Python has nobody left who could take the signal.
    if code not in {0, 128 + number, -number} or took > _STOPPED:
        yield f"I-32: after the second {number.name} it ended with {code}, {took:.1f} s later"
    yield from _traceback(said)


def asleep(place: Scene, random: Random) -> Iterator[str]:
    """SIGSTOP, another apply meanwhile, SIGCONT: both end, and neither undoes or doubles what the other did."""
    process = _going(place, random)
    process.send_signal(signal.SIGSTOP)
    try:
        yield from _traceback(place.run().stderr)
    finally:
        process.send_signal(signal.SIGCONT)
    _, said = _ended(process)
    yield from _traceback(said)


def unheard(place: Scene, random: Random) -> Iterator[str]:
    """Whoever reads stdout leaves: the apply goes on to its end, and its exit code tells."""
    process = _going(place, random)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    code, said = _ended(process)
    if code not in {0, 1}:
        yield f"I-2: with nobody to read its output it ended with {code}: {said[-400:]}"
    yield from _traceback(said)


def full_stdout(place: Scene, random: Random) -> Iterator[str]:
    """The disk behind stdout, or behind stderr, is full."""
    stream = random.choice(["stdout", "stderr"])
    with open("/dev/full", "wb") as full:
        process = place.start(stdout=full) if stream == "stdout" else place.start(stderr=full)
        code, said = _ended(process)
    if code != (1 if stream == "stdout" else 0):
        yield f"I-2: with a full disk behind {stream} it ended with {code}: {said[-400:]}"
    if stream == "stdout" and "No space left" not in said:
        yield f"I-2: nothing was said about the output that is lost: {said[-400:]}"
    yield from _traceback(said)


def closed_streams(place: Scene, random: Random) -> Iterator[str]:
    """Standard streams that were closed before it began: no file that it opens is taken for one of them."""
    chosen = random.choice([(0,), (1,), (2,), (0, 1), (1, 2), (0, 1, 2)])

    def close() -> None:
        for number in chosen:
            os.close(number)

    process = place.start(preexec_fn=close)
    code, said = _ended(process)
    if code != 0:
        yield f"I-2: with {chosen} closed it ended with {code}: {said[-400:]}"
    yield from _traceback(said)


def full_disk(place: Scene, random: Random) -> Iterator[str]:
    """The journal cannot grow any more, from the beginning or in the middle: nothing further is sent."""
    if place.database is not None:
        yield from _refused_by_the_database(place, random)
        return
    process = _going(place, random)
    room = sum(path.stat().st_size for path in Path(place.journal).parent.glob("*") if path.suffix != ".db-shm")
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (room + random.randrange(8192),) * 2)
    code, said = _ended(process)
    if code not in {0, 1} or (code == 1 and "make room" not in said):
        yield f"I-28: with a full disk it ended with {code}: {said[-600:]}"
    yield from _traceback(said)


def read_only(place: Scene, random: Random) -> Iterator[str]:
    """The journal may only be read: nothing is sent, and it says what to do."""
    if place.database is not None:
        yield from _refused_by_the_database(place, random)
        return
    yield from _traceback(_end(_going(place, random), signal.SIGKILL)[1])
    folder = Path(place.journal).parent
    folder.mkdir(exist_ok=True)
    before = len(place.shown("--requests")["requests"])
    files = list(folder.iterdir())
    for path in files:
        path.chmod(0o400)
    folder.chmod(0o500)
    try:
        code, said = _ended(_unprivileged(place))
    finally:
        folder.chmod(0o700)
        for path in files:
            path.chmod(0o600)
    if code != 1 or "check the rights" not in said:
        yield f"I-28: with a journal that may only be read it ended with {code}: {said[-600:]}"
    sent = place.shown("--requests")["requests"][before:]
    yield from (f"I-28: {one['method']} was sent all the same" for one in sent if one["method"] not in {"GET", "POST"})
    yield from _traceback(said)


def lost_database(place: Scene, random: Random) -> Iterator[str]:
    """The journal is gone in the middle: its file is removed, or its database server restarts at once."""
    process = _going(place, random)
    if place.database is not None:
        place.database.control("restart", "-m", "immediate")
    else:
        for path in Path(place.journal).parent.glob("*"):
            path.unlink(missing_ok=True)
    code, said = _ended(process)
    if code not in {0, 1, 4}:
        yield f"I-38: without its journal it ended with {code}: {said[-600:]}"
    yield from _traceback(said)


def few_files(place: Scene, random: Random) -> Iterator[str]:
    """It may open hardly more files than it has: it ends with a message, and the next run goes on."""
    process = _going(place, random)
    if process.poll() is None:
        held = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (held + random.randrange(4),) * 2)
    code, said = _ended(process)
    if code not in {0, 1, 4}:
        yield f"I-31: with no file left to open it ended with {code}: {said[-600:]}"
    yield from _traceback(said)


HARMS: Mapping[str, Harm] = {
    harm.__name__.replace("_", "-"): harm
    for harm in (
        killed, interrupted, interrupted_twice, asleep, unheard, full_stdout, closed_streams, full_disk, read_only,
        lost_database, few_files,
    )
}  # fmt: skip


def _going(place: Scene, random: Random, most: int = 16) -> subprocess.Popen[str]:
    """An apply, caught anywhere between its start and its end: after some of its lines, and a little later."""
    process = place.start()
    assert process.stdout is not None
    for _ in range(random.randrange(most)):
        if not process.stdout.readline():
            break
    time.sleep(random.random() * _SLEEP * random.choice([0.0, 0.1, 1.0]))
    return process


def _end(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    process.send_signal(number)
    return _ended(process)


def _ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code and what it said on stderr."""
    try:
        with process:
            _, said = process.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.returncode, said or ""


def _traceback(said: str) -> Iterator[str]:
    if "Traceback" in said or "should not have" in said:
        yield f"crash: {said[-1500:]}"


def _refused_by_the_database(place: Scene, random: Random) -> Iterator[str]:
    """A database that takes nothing more, as one does whose disk is full or that became a replica."""
    assert place.database is not None
    process = _going(place, random)
    place.database.execute("ALTER DATABASE postgres SET default_transaction_read_only = on")
    place.database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    try:
        code, said = _ended(process)
    finally:
        place.database.execute("BEGIN READ WRITE; ALTER DATABASE postgres RESET ALL; COMMIT")
    if code not in {0, 1, 4}:
        yield f"I-28: with a database that takes nothing it ended with {code}: {said[-600:]}"
    yield from _traceback(said)


def _unprivileged(place: Scene) -> subprocess.Popen[str]:
    """An apply for which the rights of files count, also where tests are run as root."""
    process: Sequence[str] = []
    if os.geteuid() == 0:
        process = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override"]
    return place.start(before=process)
