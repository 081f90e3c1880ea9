"""When a latent counts as active; it does not know where that is shown."""

ACTIVE_NATS = 0.1
"""That of models.observation, which panels must not know; a test holds them equal.

A latent whose mean KL is not above this is called collapsed.
"""
