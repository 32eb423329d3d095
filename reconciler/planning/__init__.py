"""What will be done: desired × observed → plan, pure."""

from __future__ import annotations

from reconciler.planning.absence import remembered
from reconciler.planning.brakes import Brakes
from reconciler.planning.plan import candidates, needs, plan

__all__ = ["Brakes", "candidates", "needs", "plan", "remembered"]
