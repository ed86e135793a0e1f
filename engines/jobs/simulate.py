"""The job that simulates a circuit."""

from __future__ import annotations

from functools import partial

from engines.jobs.base import Handler
from engines.jobs.produce import ProduceConfig, produce

HANDLER = Handler(Config=ProduceConfig, run=partial(produce, "simulate"))
