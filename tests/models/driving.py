"""What tests of the live drive share: a clock, a person's wishes, and what a recording keeps."""

from __future__ import annotations

import numpy as np

from models import drive
from models.controls import Controls
from models.observation import Telemetry


class Clock:
    """Time that passes only when somebody sleeps."""

    now = 100.0

    def perf_counter(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class Person:
    """Wishes and a VAE that a test may replace while it drives."""

    def __init__(self, vae=None, **wishes):
        self.controls, self.vae = Controls(**{"seed": 3} | wishes), vae

    def wish(self, **changes):
        self.controls = self.controls._replace(**changes)

    def drive(self):
        return drive.drive(lambda: self.controls, lambda: self.vae)


def steps_of(observations):
    return [seen.telemetry.step for seen in observations]


def as_kept(told: Telemetry) -> Telemetry:
    """What a float32 keeps of it, and neither score nor tiles."""

    def kept(value):
        return value if isinstance(value, int) else np.float32(value).tolist()

    rows = {name: kept(value) for name, value in told._asdict().items()}
    rows |= {name: tuple(rows[name]) for name in ("action", "curvature")}
    return Telemetry(**rows | {"score": None, "tiles": None, "track_tiles": None})
