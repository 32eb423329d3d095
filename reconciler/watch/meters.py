"""What is asked of Azure, told to several who count it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.azure.meter import Meter


class Meters:
    """Implements Meter over others."""

    def __init__(self, *meters: Meter) -> None:
        self._meters = meters

    def asked(self, operation: str, code: str, seconds: float) -> None:
        for meter in self._meters:
            meter.asked(operation, code, seconds)

    def waited(self, seconds: float) -> None:
        for meter in self._meters:
            meter.waited(seconds)

    def paused(self, subscription: str, seconds: float) -> None:
        for meter in self._meters:
            meter.paused(subscription, seconds)
