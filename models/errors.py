"""Errors that a person can act on; they do not know where they are shown."""


class ExplorerError(Exception):
    """The message is one sentence for a person, naming what is wrong and where."""


class InputError(ExplorerError, ValueError):
    """What a person brought cannot be used."""


class SceneError(ExplorerError, RuntimeError):
    """The environment failed, and with it the drive."""


class DivergedError(ExplorerError, ArithmeticError):
    """A training's loss is no longer a number, or so large that the weights are torn."""

    sound: object = None
    """The models.run_log.Sound that a run in a folder goes back to."""
