"""How fast we are, as ratios against the plain way in the same run."""
