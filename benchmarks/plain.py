"""The plain way: what a competent user would write without this program.

It does not know ours, except for the network, which both train.
"""

from __future__ import annotations

from collections.abc import Iterator

import gymnasium
import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset


def drive(steps: int, every: int, seed: int) -> int:
    """Step and render CarRacing, crop and resize each `every`-th picture; gives the frames kept."""
    env = gymnasium.make("CarRacing-v3", render_mode="rgb_array", max_episode_steps=-1)
    env.reset(seed=seed)
    kept = 0
    for step in range(steps):
        env.step(np.array([0.0, 0.1, 0.0], np.float32))
        if step % every == 0:
            picture = Image.fromarray(env.render()).crop((0, 0, 600, 350))
            kept += np.asarray(picture.resize((80, 60), Image.Resampling.BOX)).shape[0] > 0
    env.close()
    return kept


def live(steps: int, seed: int) -> Iterator[np.ndarray]:
    """Step, render, and resize each picture; gives the frames."""
    env = gymnasium.make("CarRacing-v3", render_mode="rgb_array", max_episode_steps=-1)
    env.reset(seed=seed)
    for _ in range(steps):
        env.step(np.array([0.0, 0.1, 0.0], np.float32))
        picture = Image.fromarray(env.render()).crop((0, 0, 600, 350))
        yield np.asarray(picture.resize((80, 60), Image.Resampling.BOX))
    env.close()


class _Pictures(Dataset):
    def __init__(self, frames: np.ndarray, mirror: bool = False):
        self._frames = frames
        self._mirror = mirror

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> torch.Tensor:
        picture = Image.fromarray(self._frames[index])
        if self._mirror and torch.rand(()) < 0.5:
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        return torch.from_numpy(np.array(picture)).permute(2, 0, 1).float() / 255


def train(vae: torch.nn.Module, frames: np.ndarray, batch_size: int, steps: int) -> None:
    """DataLoader, float32, Adam, `.item()` at each step."""
    device = next(vae.parameters()).device
    optimizer = torch.optim.Adam(vae.parameters(), lr=1e-3)
    loader = DataLoader(_Pictures(frames, mirror=True), batch_size, shuffle=True, drop_last=True)
    batches = iter(loader)
    for _ in range(steps):
        try:
            batch = next(batches).to(device)
        except StopIteration:  # an epoch is over
            batches = iter(loader)
            batch = next(batches).to(device)
        mu, logvar = vae.encoder(batch)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        recon_loss = torch.nn.functional.mse_loss(vae.decoder(z), batch, reduction="sum")
        kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        loss = (recon_loss + 0.5 * kl) / batch_size
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        recon_loss.item(), kl.item()


@torch.no_grad()
def encode(vae: torch.nn.Module, frames: np.ndarray, batch_size: int) -> None:
    """The means of all frames through a DataLoader."""
    for batch in DataLoader(_Pictures(frames), batch_size):
        vae.encoder(batch)[0].numpy()


@torch.no_grad()
def evaluate(vae: torch.nn.Module, frames: np.ndarray, batch_size: int) -> tuple[float, ...]:
    """The mean squared errors from mu and from a sample, and the KL, of all frames."""
    sums = [0.0, 0.0, 0.0]
    for batch in DataLoader(_Pictures(frames), batch_size):
        mu, logvar = vae.encoder(batch)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        sums[0] += torch.nn.functional.mse_loss(vae.decoder(mu), batch, reduction="sum").item()
        sums[1] += torch.nn.functional.mse_loss(vae.decoder(z), batch, reduction="sum").item()
        sums[2] += -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()).item()
    return tuple(total / len(frames) for total in sums)
