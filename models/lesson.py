"""The two ways in which a VAE fails, as lessons: what to change, what to watch, and why.

It does not know how a lesson is run, nor the network; it loads no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

THEORY = (
    "Training minimises −ELBO = E[−log p(x|z)] + β KL(q(z|x) ‖ N(0, I)): what the errors in the "
    "picture cost, plus what the latents' news about it costs."
)


@dataclass(frozen=True)
class Lesson:
    """One failure that is brought about on purpose."""

    name: str
    title: str
    promise: str  # one sentence, before it begins
    watch: str  # one sentence, while it runs
    theory: str  # why it happens, after THEORY
    repair: str  # one sentence
    sign: str  # said of a model that shows the failure already
    changes: Mapping[str, float] = field(default_factory=dict)  # of TrainConfig

    @property
    def explanation(self) -> str:
        """The theory in full."""
        return f"{THEORY} {self.theory}"


COLLAPSE = Lesson(
    name="collapse",
    title="Make it collapse",
    promise="Weigh the KL so heavily that the latents fall silent and every picture blurs.",
    watch=(
        "Watch the reconstructions turn into the samples below them, and the KL of every latent "
        "sink to nothing."
    ),
    theory=(
        "With β = 1000 the second part drowns the first. The cheapest way out is to tell nothing: "
        "q(z|x) becomes the prior whatever the frame, and the decoder, told nothing, paints what "
        "all frames have in common. The latents match the prior perfectly, and are of no use."
    ),
    repair="To repair it, train on with a small β, a KL warm-up or free bits.",
    sign="The current model shows this already: hardly any latent is active.",
    changes={"beta": 1000.0, "learning_rate": 4e-3, "steps": 90},
)

FORGET = Lesson(
    name="forget",
    title="Make it forget the prior",
    promise="Take the KL away, so that reconstructions stay good but samples become garbage.",
    watch=(
        "Watch the samples fall apart while the reconstructions stay good, and the latents spread "
        "beyond the prior's band."
    ),
    theory=(
        "With β = 0 the second part is gone. Nothing holds q(z|x) near the prior: posteriors "
        "shrink to points and spread to wherever frames are rebuilt best. A z drawn from N(0, I) "
        "then falls between them, where the decoder has never learned to paint."
    ),
    repair="To repair it, train on with β at 0.5: the KL pulls the latents back.",
    sign="The current model shows this already: its latents are far from the prior.",
    # With the usual 0.002 the samples hold out for many minutes; above 0.01 the pictures suffer.
    changes={"beta": 0.0, "learning_rate": 9e-3, "steps": 110},
)

LESSONS = (COLLAPSE, FORGET)
