"""Latent Explorer: look inside a world model's eye."""

import sys

if __name__ == "__main__":
    # Here and not above: processes that are spawned to collect frames import this file too.
    from explorer.app import run

    sys.exit(run(sys.argv[1:]))
