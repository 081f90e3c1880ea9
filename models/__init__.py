"""The model and its world: torch, numpy, gymnasium. Nothing here knows that a window exists."""

import os

# pygame greets on stdout when it is imported, which would spoil the output of --json.
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
