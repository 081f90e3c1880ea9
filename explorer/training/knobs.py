"""The numbers and choices of a training run: what each is called, means and may be.

It does not know how they are laid out, nor what training does with them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from explorer.widgets.choice_field import ChoiceField
from explorer.widgets.number_field import NumberField


class Knob(NamedTuple):
    """One field of models.train.TrainConfig; `name` and `default` are its own."""

    name: str
    label: str
    tip: str
    default: Any
    number: Mapping[str, Any] | None = None  # of a NumberField: its range and kind
    choices: Mapping[Any, str] | None = None  # values and what they are called
    live: bool = True  # it may be turned while training runs
    marked: bool = True  # it bends the curves

    @property
    def object_name(self) -> str:
        """As other programs know the field: betaField, freeBitsField."""
        first, *rest = self.name.split("_")
        return first + "".join(word.capitalize() for word in rest) + "Field"

    def field(self, value: Any) -> NumberField | ChoiceField:
        """A field with this value in it."""
        if self.choices is not None:
            return ChoiceField(self.object_name, self.label, self.choices, value)
        return NumberField(self.object_name, self.label, value=value, **self.number)

    def told(self, value: Any) -> str:
        """The value in few words, be it one that the knob can have or not."""
        if self.choices is not None and value in [*self.choices]:
            return self.choices[value]
        return f"{value:g}" if isinstance(value, float) else str(value)


def _steps(least: int = 1) -> dict[str, Any]:
    return {"minimum": least, "maximum": 100_000_000, "decimals": 0}


_NATS = {"minimum": 0.0, "smallest_step": 0.01, "unit": "nats"}

PAGES: dict[str, tuple[Knob, ...]] = {
    "Basics": (
        Knob(
            "beta",
            "beta",
            "β, weight of the KL: above 1 the picture blurs and latents die, "
            "near 0 samples from the prior turn to garbage.",
            0.5,
            {"minimum": 0.0, "maximum": 100_000.0, "smallest_step": 0.001},
        ),
        Knob(
            "free_bits",
            "free bits",
            "λ, nats per latent that cost nothing: above 0 it keeps latents from dying.",
            0.0,
            _NATS | {"maximum": 100.0},
        ),
        Knob(
            "learning_rate",
            "learning rate",
            "How far Adam moves the weights at each step: too high and the loss jumps, "
            "too low and it crawls.",
            0.002,
            {"minimum": 1e-7, "maximum": 1.0, "smallest_step": 1e-7},
        ),
        Knob(
            "steps",
            "steps",
            "The step at which training ends: more steps sharpen the picture, ever more slowly.",
            5000,
            _steps(),
            marked=False,
        ),
        Knob(
            "batch_size",
            "batch size",
            "Frames per step: larger is steadier and slower; it counts from the next start.",
            64,
            {"minimum": 1, "maximum": 4096, "decimals": 0},
            live=False,
        ),
        Knob(
            "seed",
            "seed",
            "Start of every random choice: the same seed repeats a run; it counts from the next "
            "start.",
            0,
            {"minimum": 0, "maximum": 2**31 - 1, "decimals": 0, "even_steps": True},
            live=False,
        ),
    ),
    "Objective": (
        Knob(
            "calibrated",
            "likelihood",
            "Calibrated: the Gaussian's variance is the mean squared error itself, so that the "
            "loss is the ELBO in nats and needs no beta.",
            False,
            choices={False: "σ² fixed", True: "calibrated"},
        ),
        Knob(
            "kl_floor",
            "KL floor",
            "Nats per image that cost nothing, the kl_tolerance of World Models: with a large "
            "beta the rate arrives there.",
            0.0,
            _NATS | {"maximum": 10_000.0},
        ),
        Knob(
            "capacity",
            "capacity",
            "Nats that the image's KL is pulled to from both sides, with beta as the strength; "
            "0 for none.",
            0.0,
            _NATS | {"maximum": 10_000.0},
        ),
        Knob(
            "kl_warm_up",
            "KL warm-up",
            "How the KL's weight rises from 0 to beta: at once, once in a line, or again and "
            "again, which revives latents.",
            "none",
            choices={"none": "none", "linear": "linear", "cyclical": "cyclical"},
        ),
        Knob(
            "kl_warm_up_steps",
            "warm-up steps",
            "How many steps the KL's weight takes to rise; where it is cyclical, steps of a cycle.",
            1000,
            _steps(),
        ),
        Knob(
            "capacity_steps",
            "capacity steps",
            "How many steps the capacity takes to rise from 0.",
            5000,
            _steps(),
        ),
    ),
    "Schedule": (
        Knob(
            "schedule",
            "rate falls",
            "Whether the learning rate falls to zero at the last step, along a cosine, or stays.",
            "cosine",
            choices={"cosine": "cosine", "constant": "not at all"},
        ),
        Knob(
            "warm_up",
            "rate warm-up",
            "Steps in which the learning rate rises from zero: without them the first ones tear "
            "the weights about.",
            200,
            _steps(0),
        ),
        Knob(
            "average",
            "average",
            "Decay of the weight average that is shown, tested and saved: nearer to 1 it is "
            "steadier and follows later.",
            0.999,
            {"minimum": 0.0, "maximum": 0.99999, "smallest_step": 0.0001},
        ),
        Knob(
            "patience",
            "patience",
            "Held-out tests without a better one after which training ends by itself; 0 for never.",
            0,
            {"minimum": 0, "maximum": 1_000_000, "decimals": 0},
            marked=False,
        ),
        Knob(
            "keep_best",
            "at the end",
            "Which weights a finished run leaves: its newest, or those that held-out frames "
            "liked best.",
            False,
            choices={False: "newest", True: "best"},
            marked=False,
        ),
        Knob(
            "mirror",
            "mirroring",
            "Half of the frames are flipped left to right: a mirrored track is a track too.",
            True,
            choices={True: "half of all", False: "never"},
        ),
    ),
}
"""The form's pages; every tip says in one sentence what a knob does."""

KNOBS = {knob.name: knob for page in PAGES.values() for knob in page}
DEFAULTS = {name: knob.default for name, knob in KNOBS.items()}
"""Those of models.train.TrainConfig, which cannot be asked before the first paint; a test holds
them equal."""


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What was turned that bends a curve, in words: `beta 0.5 → 2`."""
    turned = [name for name in KNOBS if name in before and before[name] != after[name]]
    return [_told(name, before[name], after[name]) for name in turned if KNOBS[name].marked]


def kept_changes(steps: Iterable[int], texts: Iterable[str]) -> list[tuple[int, str]]:
    """The same of a kept run, with the first step of each; a text is as models.run_log writes it.

    What is no such text is told as it stands.
    """
    marks = []
    for step, text in zip(steps, texts, strict=True):
        try:
            name, old, new = json.loads(text)
        except (ValueError, TypeError, RecursionError):
            marks.append((step, text))
            continue
        name = str(name)
        if name not in KNOBS or KNOBS[name].marked:
            marks.append((step, _told(name, old, new)))
    return marks


def grown(old: int, new: int) -> str:
    """That there are more frames to train on, in the same words."""
    return _told("frames", old, new)


def _told(name: str, old: Any, new: Any) -> str:
    knob = KNOBS.get(name) or Knob(name, name.replace("_", " "), "", None)
    return f"{knob.label} {knob.told(old)} → {knob.told(new)}"
