"""Telemetry for tests: what they care about, and a car at rest on the line for all else."""

from __future__ import annotations

from typing import Any

from models.observation import Telemetry


def telemetry(step: int, **known: Any) -> Telemetry:
    """What was told after a step, with `known` in place of its zeros."""
    return Telemetry(
        **{
            "step": step,
            "speed": 0.0,
            "action": (0.0, 0.0, 0.0),
            "score": 0.0,
            "tiles": 1,
            "track_tiles": 300,
            "on_grass": False,
            "wheels_on_grass": 0,
            "yaw_rate": 0.0,
            "steering": 0.0,
            "offset": 0.0,
            "heading_error": 0.0,
            "curvature": (0.0, 0.0, 0.0),
        }
        | known
    )
