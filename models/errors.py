"""The one exception for input that cannot be used; it does not know where the input came from."""


class InputError(ValueError):
    """What a person brought cannot be used; the message is one sentence naming what and why."""
