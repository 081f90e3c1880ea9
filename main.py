"""Latent Explorer: look inside a world model's eye."""

import sys

from explorer.app import run

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
