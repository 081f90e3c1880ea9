"""What the workers do with recorded drives: list, open and delete them, write one as a film.

Importing this file imports torch; `explorer.jobs` is where a worker finds it. It does not know Qt.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from models import dataset, drive_film, drive_folder, recording
from models.device import use_threads
from models.drive_film import Filmed
from models.drive_folder import DriveInfo
from models.recording import Recording
from models.vae import VAE


def list_drives(request: tuple[Path, tuple[Path, ...]]) -> list[DriveInfo]:
    """Every drive in a folder of drives, the newest first, and those of some folders more."""
    return drive_folder.drives(*request)


def read_drive(folder: Path) -> DriveInfo:
    """What a folder from elsewhere tells as a drive."""
    return drive_folder.info(folder)


def delete_drive(request: tuple[Path, Path, tuple[Path, ...]]) -> list[DriveInfo]:
    """Delete a drive of a folder of drives; gives what `list_drives` then does."""
    folder, root, others = request
    drive_folder.delete(folder, root)
    return drive_folder.drives(root, others)


def open_recording(folder: Path) -> Recording:
    """Open a drive to be replayed."""
    return recording.open(folder)


def film_drive(path: Path, folder: Path, vae: VAE) -> Generator[Filmed]:
    """Write a recorded drive as a film, with what the VAE makes of each frame beside it."""
    use_threads(1)  # the car may drive at the same time
    yield from drive_film.film(path, dataset.load(folder), vae)
