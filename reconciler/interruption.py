"""SIGINT, SIGTERM and SIGHUP in a run: the first lets what is on its way be written down, the second ends it."""

from __future__ import annotations

import asyncio
import signal

from reconciler.clocks import StoppableClock

GRACE = 8.0
"""Seconds after which a run that was asked to stop is ended; supervisors send SIGKILL at ten."""


class Interruption:
    """Whether a run was asked to stop, and how it is told."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._clock: StoppableClock | None = None
        self._task: asyncio.Task[object] | None = None

    def watch(self) -> None:
        """Take the signals of the running loop; until a clock is given, the first one already ends the task."""
        loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                continue  # By nohup: the run is meant to go on.
            loop.add_signal_handler(number, self._caught, number)

    def stop_gently(self, clock: StoppableClock) -> None:
        """From here on requests are sent that must not be abandoned: the first signal only stops the clock."""
        self._clock = clock

    @property
    def reason(self) -> str | None:
        """Why nothing more may be sent, or None."""
        return None if self.signal is None else f"interrupted by {self.signal.name}"

    def _caught(self, number: signal.Signals) -> None:
        again, self.signal = self.signal is not None, number
        if self._task is None:
            return
        if again or self._clock is None:
            self._task.cancel()
            return
        self._clock.stop()
        asyncio.get_running_loop().call_later(GRACE, self._task.cancel)
