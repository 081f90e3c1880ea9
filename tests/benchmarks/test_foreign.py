"""A model rated on frames as others make them, from the command line."""

from __future__ import annotations

import json

import numpy as np

from benchmarks import foreign
from models import checkpoint
from models.dataset import Frames
from models.evaluate import evaluate
from models.vae import VAE, VAEConfig


def test_each_variant_is_rated_as_evaluate_rates_it(tmp_path, capsys):
    vae = VAE(VAEConfig(latent_dim=4, channels=(4, 8, 8, 8))).frozen()
    frames = foreign.variants(6)
    path = tmp_path / "tiny.safetensors"
    evaluation = evaluate(vae, Frames([frames["our own recipe"]]))
    checkpoint.save(path, checkpoint.describe(vae, evaluation, {}, "tiny"))
    foreign.main(["--model", str(path), "--frames", "6", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told.keys() == frames.keys()
    for name, taken in frames.items():
        assert told[name]["psnr_mu"] == evaluate(vae, Frames([taken])).psnr_mu


def test_the_variants_show_the_same_scenes_in_other_sizes_and_colours():
    frames = foreign.variants(6)
    own, published = frames["our own recipe"], frames["64x64 of 84 rows"]
    assert own.shape == (6, 60, 80, 3) and published.shape == (6, 64, 64, 3)
    assert np.allclose(own.mean((1, 2)), published.mean((1, 2)), atol=8)
    assert len(np.unique(own.reshape(6, -1), axis=0)) == 6
    brighter = frames["64x64 of 84 rows, 5 % brighter"].astype(int) - published
    assert brighter.min() >= 0 and brighter.max() <= 13
