"""Pictures, traversal sheets and paths of a model without a window, and the commands for them.

It does not know how z was found. Run it as `python -m models.render`.
"""

from __future__ import annotations

import shlex
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models import checkpoint, command, moving, traversal, vector
from models.checkpoint import Checkpoint
from models.device import DEVICES, pick_device, use_threads
from models.errors import InputError
from models.machine import cores
from models.path import INTERPOLATIONS, Interpolation, interpolate
from models.sampling import sample_prior
from models.vae import VAE

PATH_STEPS = 24
GOES_WITH = {
    "latents": ("traversals",),
    "pca": ("traversals",),
    "reach": ("traversals",),
    "steps": ("traversals", "path"),
    "how": ("path",),
    "loop": ("path",),
    "fps": ("path",),
    "temperature": ("prior",),
}
"""What an option needs beside it to have a meaning."""


def command_for_picture(
    model: str | Path, z: np.ndarray, out: str | Path = "picture.png", device: str = "auto"
) -> str:
    """The command that writes this very picture."""
    return _typed(model, out, device, [z], [])


def command_for_traversals(
    model: str | Path,
    z: np.ndarray,
    latents: Sequence[int] | None = None,
    pca: bool = False,
    steps: int = traversal.STEPS,
    reach: float = traversal.REACH,
    out: str | Path = "traversals.png",
    device: str = "auto",
) -> str:
    """The command that writes this traversal sheet; without `latents` it has all active ones."""
    words = ["--traversals"]
    if latents is not None:
        words += ["--latents", *map(str, latents)]
    words += ["--pca"] * pca
    words += _unless(traversal.STEPS, "--steps", steps) + _unless(traversal.REACH, "--reach", reach)
    return _typed(model, out, device, [z], words)


def command_for_path(
    model: str | Path,
    keyframes: np.ndarray,
    steps: int = PATH_STEPS,
    how: Interpolation = "linear",
    loop: bool = False,
    fps: float = moving.FPS,
    out: str | Path = "path.gif",
    device: str = "auto",
) -> str:
    """The command that writes this path through keyframes (k, latent_dim)."""
    words = ["--path", *_unless(PATH_STEPS, "--steps", steps), *_unless("linear", "--how", how)]
    words += ["--loop"] * loop + _unless(moving.FPS, "--fps", fps)
    return _typed(model, out, device, keyframes, words)


def picture(vae: VAE, z: np.ndarray) -> np.ndarray:
    """The picture of z (latent_dim,) as the window shows it: (H, W, 3) uint8.

    One thread and a batch of one, since another sum may round another way.
    """
    use_threads(1)
    return vae.image(z)


def sheet(
    model: Checkpoint,
    z: np.ndarray,
    latents: Sequence[int] | None = None,
    pca: bool = False,
    steps: int = traversal.STEPS,
    reach: float = traversal.REACH,
    scale: int = 1,
) -> np.ndarray:
    """The traversal sheet around z: (H', W', 3) uint8; InputError for a model without figures."""
    if model.aggregate is None:
        raise InputError("Nobody has measured this model: how far its data reach is not known.")
    choose = traversal.principal_rows if pca else traversal.latent_rows
    rows = choose(model.figures["kl_per_latent"], model.aggregate, latents)
    pictures = traversal.traverse(model.vae, z, rows.moves, steps, reach)
    return traversal.sheet(pictures, rows.labels, reach, scale)


def main() -> None:
    options = _options()
    command.check_writable(options.out)
    device = pick_device(options.device)
    loaded = checkpoint.load(options.checkpoint)
    loaded.vae.to(device)
    z = _points(options, loaded.vae.config.latent_dim)
    if options.path:
        _write_path(loaded.vae, z, options)
        return
    if len(z) != 1:
        raise InputError(f"One z is needed, not {len(z)}; --path goes through several.")
    if options.traversals:
        use_threads(cores())
        given = {name: getattr(options, name) for name in ("latents", "pca", "steps", "reach")}
        given = {name: value for name, value in given.items() if value is not None}
        with command.about(options.checkpoint):
            pixels = sheet(loaded, z[0], scale=options.scale or 1, **given)
        moving.write_png(options.out, pixels)
    else:
        moving.write_png(options.out, picture(loaded.vae, z[0]), options.scale or 1)
    print(f"{options.out}: written.")


def _write_path(vae: VAE, z: list[np.ndarray], options: Namespace) -> None:
    steps, how = options.steps or PATH_STEPS, options.how or "linear"
    path = interpolate(np.array(z), steps, how, bool(options.loop))
    use_threads(cores())
    pictures = traversal.decode(vae, path)
    if options.out.suffix.lower() == ".png":
        moving.write_strip(options.out, pictures, options.scale or 1)
    else:
        film = {".gif": moving.write_gif, ".mp4": moving.write_mp4}[options.out.suffix.lower()]
        film(options.out, pictures, options.fps or moving.FPS, options.scale or moving.SCALE)
    print(f"{options.out}: {len(pictures)} pictures.")


def _points(options: Namespace, latent_dim: int) -> list[np.ndarray]:
    """Every z that was given, in order."""
    points = []
    for given in options.points or ():
        if isinstance(given, Path):
            points.append(vector.load(given, latent_dim))
        else:
            with command.about("--z"):
                points.append(vector.from_text(given, latent_dim))
    if options.prior is not None:
        temperature = 1.0 if options.temperature is None else options.temperature
        rng = np.random.default_rng(options.prior)
        points.append(sample_prior(rng, latent_dim, temperature))
    return points


def _options() -> Namespace:
    parser = command.Parser(
        prog="models.render",
        description="Decode a z to a picture, a sheet of traversals, or a path through several.",
        epilog="A z is numbers with commas between them. Where the first one is negative, write "
        "--z=-1,2,3 in one word.",
    )
    add = parser.add_argument
    add("--checkpoint", type=Path, required=True, metavar="PATH")
    add("--out", type=Path, required=True, metavar="FILE", help=".png; a path also .gif or .mp4")
    add("--z", dest="points", action="append", metavar="TEXT")
    add("--z-file", dest="points", action="append", type=Path, metavar="FILE", help=".txt or .npy")
    add("--prior", type=command.seed, metavar="SEED", help="a z sampled from the prior")
    add("--temperature", type=command.not_negative, metavar="T", help="its sigma (default: 1)")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--traversals", action="store_true", help="a sheet of moves around z")
    mode.add_argument("--path", action="store_true", help="through every z given, in order")
    add("--latents", type=int, nargs="+", metavar="N", help="of the sheet (default: the active)")
    add("--pca", action="store_true", default=None, help="principal directions in their place")
    add(
        "--reach",
        type=command.above_zero,
        metavar="S",
        help="standard deviations to each side (default: 3)",
    )
    add(
        "--steps",
        type=command.positive,
        metavar="N",
        help=f"in a row, or between keyframes (default: {traversal.STEPS}, {PATH_STEPS})",
    )
    add("--how", choices=INTERPOLATIONS, help="between keyframes (default: linear)")
    add("--loop", action="store_true", default=None, help="from the last back to the first")
    add("--fps", type=command.above_zero, metavar="F", help=f"(default: {moving.FPS:g})")
    add(
        "--scale",
        type=command.positive,
        metavar="N",
        help=f"enlarge (default: 1, of .gif and .mp4 {moving.SCALE})",
    )
    add("--device", choices=DEVICES, default="auto", metavar="D")
    options = parser.parse_args()
    for name, needed in GOES_WITH.items():
        beside = any(getattr(options, other) not in (None, False) for other in needed)
        if getattr(options, name) is not None and not beside:
            parser.error(f"--{name} goes with {' or '.join(f'--{other}' for other in needed)}")
    endings = (".png", ".gif", ".mp4") if options.path else (".png",)
    if options.out.suffix.lower() not in endings:
        parser.error(f"--out {options.out}: must end in {' or '.join(endings)}")
    return options


def _typed(
    model: str | Path, out: str | Path, device: str, points: Sequence[np.ndarray], words: list[str]
) -> str:
    # Without spaces, and so without quotes that shells read differently.
    z = [f"--z={vector.to_text(point).replace(' ', '')}" for point in points]
    line = ["python", "-m", "models.render", "--checkpoint", str(model), "--out", str(out)]
    return shlex.join([*line, *words, *_unless("auto", "--device", device), *z])


def _unless(default: object, option: str, value: object) -> list[str]:
    return [] if value == default else [option, str(value)]


if __name__ == "__main__":
    command.run(main)
