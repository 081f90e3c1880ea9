"""Some frames of a dataset, evenly spread, as one compressed .npz to give away.

It does not know how the frames were made. Run it as `python -m models.pack`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models import command, dataset
from models.dataset import spread
from models.errors import InputError
from models.shards import write_atomically


def main() -> None:
    parser = command.Parser(prog="models.pack", description=__doc__.split("\n")[0])
    parser.add_argument("--frames", type=Path, required=True, metavar="PATH")
    parser.add_argument("--out", type=Path, required=True, metavar="NPZ")
    parser.add_argument("--count", type=command.positive, default=2000, metavar="N")
    options = parser.parse_args()

    frames = dataset.load(options.frames)
    chosen = spread(np.arange(len(frames)), options.count)
    arrays = {"frames": frames.take(chosen), "episode": frames.episode[chosen]}
    if frames.columns is not None:
        arrays |= frames.columns.take(chosen)._asdict()
    try:
        write_atomically(options.out, lambda file: np.savez_compressed(file, **arrays))
    except OSError as error:
        raise InputError(f"{options.out}: cannot be written ({error.strerror}).") from error
    print(f"{options.out}: {len(chosen)} of {len(frames)} frames.")


if __name__ == "__main__":
    command.run(main)
