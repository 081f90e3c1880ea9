"""Others' World Models files: their pictures and posteriors against plain numpy, every fault told.

The layers and layouts are written out here once more, from the published code: convolutions as
sums over the kernel's places, HWIO and channels last for TensorFlow, OIHW for PyTorch.
"""

from __future__ import annotations

import json
import os
import pickle
import zipfile
from functools import cache

import numpy as np
import pytest
import torch

from models import checkpoint, world_models_file
from models.dataset import Frames
from models.evaluate import evaluate
from models.frame import WORLD_MODELS_RECIPE
from models.train import TrainConfig, TrainState, train
from models.vae import VAE, VAEConfig

DIM = 32
TENSORFLOW = [
    (4, 4, 3, 32), (32,), (4, 4, 32, 64), (64,), (4, 4, 64, 128), (128,), (4, 4, 128, 256), (256,),
    (1024, DIM), (DIM,), (1024, DIM), (DIM,),
    (DIM, 1024), (1024,), (5, 5, 128, 1024), (128,), (5, 5, 64, 128), (64,),
    (6, 6, 32, 64), (32,), (6, 6, 3, 32), (3,),
]  # fmt: skip
PYTORCH = {
    "encoder.conv1": (32, 3, 4, 4),
    "encoder.conv2": (64, 32, 4, 4),
    "encoder.conv3": (128, 64, 4, 4),
    "encoder.conv4": (256, 128, 4, 4),
    "encoder.fc_mu": (DIM, 1024),
    "encoder.fc_logsigma": (DIM, 1024),
    "decoder.fc1": (1024, DIM),
    "decoder.deconv1": (1024, 128, 5, 5),
    "decoder.deconv2": (128, 64, 5, 5),
    "decoder.deconv3": (64, 32, 6, 6),
    "decoder.deconv4": (32, 3, 6, 6),
}


def relu(x):
    return np.maximum(x, 0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def conv(x, kernel, bias):
    """Stride 2, no padding: (h, w, in) by (kh, kw, in, out)."""
    size, side = kernel.shape[0], (len(x) - kernel.shape[0]) // 2 + 1
    out = np.zeros((side, side, kernel.shape[3])) + bias
    for a in range(size):
        for b in range(size):
            out += x[a : a + 2 * side - 1 : 2, b : b + 2 * side - 1 : 2] @ kernel[a, b]
    return out


def deconv(x, kernel, bias):
    """Stride 2, no padding, transposed: (h, w, in) by (kh, kw, out, in)."""
    size, side = kernel.shape[0], len(x)
    out = np.zeros((2 * (side - 1) + size,) * 2 + (kernel.shape[2],)) + bias
    for a in range(size):
        for b in range(size):
            out[a : a + 2 * side - 1 : 2, b : b + 2 * side - 1 : 2] += x @ kernel[a, b].T
    return out


class Plain:
    """The published network on arrays in TensorFlow's layouts; float64."""

    def __init__(self, arrays, channels_first=False, rectified=False):
        *self.encoder, self.mu, self.second = self._pairs(arrays[:-10]) or [None, None]
        self.first, *self.decoder = self._pairs(arrays[-10:])
        self.channels_first, self.rectified = channels_first, rectified

    @staticmethod
    def _pairs(arrays):
        return list(zip(arrays[::2], arrays[1::2], strict=True))

    def heads(self, frame):
        """mu and the second head's output of a (64, 64, 3) uint8 frame."""
        x = frame / 255
        for kernel, bias in self.encoder:
            x = relu(conv(x, kernel, bias))
        assert x.shape == (2, 2, 256)
        flat = (x.transpose(2, 0, 1) if self.channels_first else x).ravel()
        return tuple(flat @ kernel + bias for kernel, bias in (self.mu, self.second))

    def picture(self, z):
        """(64, 64, 3) in 0..1."""
        x = z @ self.first[0] + self.first[1]
        x = (relu(x) if self.rectified else x).reshape(1, 1, 1024)
        for kernel, bias in self.decoder[:-1]:
            x = relu(deconv(x, kernel, bias))
        return sigmoid(deconv(x, *self.decoder[-1]))


def made(shapes, rng):
    """Random whole numbers of 1/10000, as large as keeps a signal alive."""
    arrays = []
    for shape in shapes:
        spread = 0.1 if len(shape) == 1 else 2 / np.sqrt(np.prod(shape) / max(shape[-2:]))
        arrays.append(np.rint(rng.normal(0, spread, shape) * 10000).astype(int))
    return arrays


@pytest.fixture(scope="module")
def arrays():
    """All 22 of the original, in TensorFlow's layouts and order."""
    return made(TENSORFLOW, np.random.default_rng(0))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("published")


@pytest.fixture(scope="module")
def original(folder, arrays):
    path = folder / "vae.json"
    path.write_text(json.dumps([array.tolist() for array in arrays], separators=(",\n", ": ")))
    return path


@pytest.fixture(scope="module")
def decoder(folder, arrays):
    """As the browser demo has it: without an encoder, each array flat."""
    path = folder / "decoder.json"
    path.write_text(json.dumps([array.ravel().tolist() for array in arrays[-10:]]))
    return path


@pytest.fixture(scope="module")
def state():
    rng = np.random.default_rng(1)
    found = {}
    for name, shape in PYTORCH.items():
        inside = np.prod(shape[1:]) if "deconv" not in name else shape[0] * 4
        found[f"{name}.weight"] = torch.tensor(rng.normal(0, 1 / np.sqrt(inside), shape)).float()
        outside = shape[1] if "deconv" in name else shape[0]
        found[f"{name}.bias"] = torch.tensor(rng.normal(0, 0.1, outside)).float()
    return found


@pytest.fixture(scope="module")
def best(folder, state):
    path = folder / "best.tar"
    torch.save(whole(state), path)
    return path


@pytest.fixture(scope="module")
def opened():
    """What `checkpoint.load` gives, which nobody writes into: millions of numbers, read once."""
    return cache(checkpoint.load)


def whole(state):
    """What the family's training script saves."""
    parameters = [torch.nn.Parameter(tensor.clone()) for tensor in state.values()]
    optimizer = torch.optim.Adam(parameters[:2])
    stopping = {"num_bad_epochs": 3, "best": 41.5, "mode": "min", "mode_worse": float("inf")}
    return {
        "epoch": 12,
        "state_dict": state,
        "precision": 41.5,
        "optimizer": optimizer.state_dict(),
        "scheduler": dict(stopping),
        "earlystopping": dict(stopping),
    }


def in_tensorflow(state):
    """The state dict's arrays in the layouts of `Plain`, encoder first."""
    found = []
    for name in PYTORCH:
        weight = state[f"{name}.weight"].double().numpy()
        found += [
            weight.transpose(2, 3, 1, 0) if weight.ndim == 4 else weight.T,
            state[f"{name}.bias"].double().numpy(),
        ]
    return found


@pytest.fixture(scope="module")
def frame():
    return np.random.default_rng(2).integers(0, 256, (64, 64, 3), dtype=np.uint8)


Z = np.random.default_rng(3).normal(0, 1, DIM)


def assert_decodes(vae, plain):
    recon = vae.recon(Z[None])[0].permute(1, 2, 0).numpy()
    expected = plain.picture(Z)
    assert expected.shape == (64, 64, 3) and expected.std() > 0.02  # there is something to see
    np.testing.assert_allclose(recon, expected, atol=1e-5)
    assert np.abs(vae.image(Z) - 255 * expected).max() < 0.51


# What the files say


def test_the_original_decodes_and_encodes_as_published(original, arrays, frame, opened):
    loaded = opened(original)
    plain = Plain([array / 10000 for array in arrays])
    assert_decodes(loaded.vae, plain)
    mu, logvar = plain.heads(frame)
    posterior = loaded.vae.posterior(frame)
    np.testing.assert_allclose(posterior.mu, mu, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(posterior.sigma, np.exp(logvar / 2), rtol=1e-3)
    assert loaded.vae.config.recipe == WORLD_MODELS_RECIPE and loaded.vae.shape == (64, 64, 3)
    assert loaded.name == "vae" and "vae.json" in loaded.training["origin"]


def test_the_pytorch_family_decodes_and_encodes_as_published(best, state, frame, opened):
    loaded = opened(best)
    plain = Plain(in_tensorflow(state), channels_first=True, rectified=True)
    assert_decodes(loaded.vae, plain)
    mu, logsigma = plain.heads(frame)
    posterior = loaded.vae.posterior(frame)
    np.testing.assert_allclose(posterior.mu, mu, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(posterior.sigma, np.exp(logsigma), rtol=1e-3)
    assert loaded.vae.config.recipe == WORLD_MODELS_RECIPE
    assert loaded.figures == {} and loaded.aggregate is None


def test_without_an_encoder_it_decodes_and_says_that_it_sees_nothing(decoder, arrays, opened):
    vae = opened(decoder).vae
    assert_decodes(vae, Plain([array / 10000 for array in arrays]))
    assert not vae.encodes


@pytest.mark.parametrize("kind", ["bare", "of PyTorch before 1.6", "in half precision"])
def test_a_state_dict_as_others_may_have_saved_it(best, state, tmp_path, kind):
    path, kept = tmp_path / "vae.tar", state
    if kind == "in half precision":
        kept = {name: tensor.half() for name, tensor in state.items()}
    torch.save(kept, path, _use_new_zipfile_serialization=kind != "of PyTorch before 1.6")
    difference = checkpoint.load(path).vae.image(Z).astype(int) - checkpoint.load(best).vae.image(Z)
    assert np.abs(difference).max() <= (1 if kind == "in half precision" else 0)


def test_the_content_decides_and_not_the_name(best, decoder, tmp_path, opened):
    for path in (best, decoder):
        other = tmp_path / "model.safetensors"
        other.write_bytes(path.read_bytes())
        np.testing.assert_array_equal(
            checkpoint.load(other).vae.image(Z), opened(path).vae.image(Z)
        )
    checkpoint.save(tmp_path / "ours.tar", opened(best))
    assert checkpoint.load(tmp_path / "ours.tar").vae.config.network == "world-models-rectified"


# What becomes of them


def test_saved_as_ours_they_are_the_same(
    best, decoder, original, tmp_path, frame, pictures, opened
):
    for path in (best, decoder, original):
        loaded = opened(path)
        checkpoint.save(tmp_path / "x.safetensors", loaded)
        again = checkpoint.load(tmp_path / "x.safetensors")
        np.testing.assert_array_equal(again.vae.image(Z), loaded.vae.image(Z))
        assert again.vae.config == loaded.vae.config and again.training == loaded.training
        assert again.aggregate is None
    evaluation = evaluate(loaded.vae, Frames([pictures[:8]]))
    measured = checkpoint.describe(loaded.vae, evaluation, loaded.training, "x")
    checkpoint.save(tmp_path / "x.safetensors", measured)
    again = checkpoint.load(tmp_path / "x.safetensors")
    assert again.figures == evaluation.figures()
    np.testing.assert_array_equal(again.vae.posterior(frame).mu, loaded.vae.posterior(frame).mu)


def test_they_are_measured_on_frames_at_their_own_size(best, pictures, opened):
    vae = opened(best).vae
    frames = Frames([pictures[:8]])
    own = frames.sized((64, 64, 3)).take(np.arange(8))
    errors = [np.mean((vae.recon(vae.posterior(x).mu[None])[0].permute(1, 2, 0).numpy()
                       - x / 255) ** 2) for x in own]  # fmt: skip
    found = evaluate(vae, frames)
    assert found.psnr_mu == pytest.approx(np.mean(-10 * np.log10(errors)), abs=1e-3)


def test_training_goes_on_from_them(best, pictures, opened):
    vae = opened(best).vae
    config = TrainConfig(latent_dim=DIM, batch_size=4, steps=2, device="cpu", warm_up=0)
    records = list(train(config, pictures[:16], TrainState.start(config, vae)))
    learned = records[-1].snapshot
    assert learned.config == vae.config
    assert not np.array_equal(learned.image(Z), vae.image(Z))


def test_training_goes_not_on_without_an_encoder(decoder, refused, opened):
    vae = opened(decoder).vae
    refused(lambda: TrainState.start(TrainConfig(device="cpu"), vae), "without an encoder")


def test_the_published_network_can_be_trained_from_nothing(pictures):
    own = VAEConfig(4, 64, 64, recipe=WORLD_MODELS_RECIPE, network="world-models")
    config = TrainConfig(latent_dim=4, batch_size=4, steps=3, device="cpu")
    records = list(train(config, pictures[:16], TrainState.start(config, VAE(own))))
    assert np.isfinite(records[-1].recon_loss)
    assert records[-1].snapshot.image(np.zeros(4)).shape == (64, 64, 3)
    assert sum(p.numel() for p in VAE(VAEConfig(32, 64, 64, network="world-models")).parameters()) \
        == 4_348_547  # fmt: skip  # as the paper's table has it


# Wrong PyTorch files


def test_code_in_a_pickle_is_never_run(tmp_path, state, refused):
    class Tripwire:
        def __reduce__(self):
            return (open, (str(tmp_path / "marker"), "w"))

    path = tmp_path / "best.tar"
    for new in (True, False):
        torch.save(whole(state) | {"x": Tripwire()}, path, _use_new_zipfile_serialization=new)
        assert "not unpickled" in refused(lambda: checkpoint.load(path), path)
    path.write_bytes(pickle.dumps(Tripwire()))
    refused(lambda: checkpoint.load(path), path)
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda s: s.pop("encoder.conv2.weight"), ["encoder.conv2.weight", "missing"]),
        (lambda s: s.pop("encoder.fc_logsigma.bias"), ["encoder.fc_logsigma.bias"]),
        (lambda s: s.pop("decoder.fc1.weight"), ["decoder.fc1.weight"]),
        (lambda s: s.update({"encoder.conv5.weight": torch.zeros(3)}), ["encoder.conv5.weight"]),
        (lambda s: s.update({7: torch.zeros(3)}), ["7"]),
        (lambda s: s.update({"decoder.fc1.bias": torch.zeros(1000)}), ["1024", "1000"]),
        (lambda s: s.update({"decoder.fc1.bias": torch.zeros(())}), ["1024"]),
        (lambda s: s.update({"decoder.fc1.bias": 3}), ["1024", "int"]),
        (lambda s: s.update({"decoder.fc1.weight": 3}), ["1024", "int"]),
        (lambda s: s.update({"decoder.fc1.weight": torch.zeros(1024, 0)}), ["1024×32"]),
        (lambda s: s.update({"decoder.fc1.weight": torch.zeros(1, 10**5)}), ["1024×32"]),
        (lambda s: s.update({"decoder.fc1.weight": torch.zeros(1).expand(1024, 10**9)}), ["32"]),
        (lambda s: s.update({"decoder.fc1.bias": torch.zeros(1024).int()}), ["int32"]),
        (lambda s: s.update({"decoder.fc1.bias": torch.zeros(1024).to_sparse()}), ["fc1.bias"]),
        (lambda s: s.update({"decoder.fc1.bias": torch.full((1024,), torch.nan)}), ["fc1.bias"]),
        (lambda s: s.update({"decoder.fc1.bias": torch.full((1024,), torch.inf)}), ["fc1.bias"]),
    ],
)  # fmt: skip
def test_a_state_dict_of_another_layout(tmp_path, state, refused, change, told):
    changed = dict(state)
    change(changed)
    path = tmp_path / "best.tar"
    torch.save({"state_dict": changed}, path)
    sentence = refused(lambda: checkpoint.load(path), path)
    assert all(word in sentence for word in told), sentence


def test_the_family_s_other_networks_are_no_vae(tmp_path, refused):
    path = tmp_path / "best.tar"
    torch.save({"epoch": 1, "state_dict": {"gmm_linear.weight": torch.zeros(3, 3)}}, path)
    sentence = refused(lambda: checkpoint.load(path), path)
    assert "encoder.conv1.weight" in sentence and "gmm_linear.weight" in sentence
    torch.save([torch.zeros(3)], path)
    assert "list" in refused(lambda: checkpoint.load(path), path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x03\x04" + b"\1" * 90, b"\x80\x02x"])
def test_what_is_no_pytorch_file(tmp_path, refused, content):
    path = tmp_path / "best.tar"
    path.write_bytes(content)
    refused(lambda: checkpoint.load(path), path)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_a_truncated_pytorch_file(tmp_path, best, refused, kept):
    path = tmp_path / "best.tar"
    content = best.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    refused(lambda: checkpoint.load(path), path)


def test_a_zip_that_unpacks_to_anything(tmp_path, refused, monkeypatch):
    monkeypatch.setattr(world_models_file, "LARGEST_PYTORCH", 100_000)
    path = tmp_path / "best.tar"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(1_000_000))
    assert path.stat().st_size < 100_000
    assert "100,000" in refused(lambda: checkpoint.load(path), path)


# Wrong JSON


def small(**changes):
    """A decoder of one latent whose second array is wrong unless told otherwise."""
    arrays = [[0] * 1024, [0] * 7, *([0],) * 8]
    for index, array in changes.items():
        arrays[int(index[1:])] = array
    return arrays


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"a": 1}, ["22", "10", "dict"]),
        ([], ["22", "one of 0"]),
        ([[1], [2]], ["22", "10", "one of 2"]),
        ([[1]] * 21, ["one of 21"]),
        ([[0] * 1000, *[[0]] * 9], ["array 0", "1024", "1000"]),
        ([[], *[[0]] * 9], ["array 0"]),
        ([3, *[[0]] * 9], ["array 0"]),
        (small(), ["array 1", "1024", "7"]),
        (small(_1=[0] * 1024), ["array 2", "5×5×128×1024", "TensorFlow"]),
        (small(_1=[[0] * 1024]), ["array 1", "1024", "1×1024"]),
        (small(_1=[[1, 2], [3]]), ["array 1", "equal length"]),
        (small(_1=["a"]), ["array 1"]),
        (small(_1=[None]), ["array 1"]),
        (small(_1=[True]), ["array 1"]),
        (small(_1={"a": 1}), ["array 1"]),
        (small(_1=[10**400]), ["array 1"]),
        (small(_1=[10**30] * 1024), ["array 1"]),
    ],
    ids=lambda part: str(part)[-20:],
)
def test_json_of_another_layout(tmp_path, refused, content, told):
    path = tmp_path / "vae.json"
    path.write_text(json.dumps(content))
    sentence = refused(lambda: checkpoint.load(path), path)
    assert all(word in sentence for word in told), sentence


@pytest.mark.parametrize(
    "text", ["", "[", "[1, ", "[" * 100_000, "\0\0", "nothing", "3", "{}", "\xe9"]
)
def test_what_is_no_json(tmp_path, refused, text):
    path = tmp_path / "vae.json"
    path.write_bytes(text.encode("latin-1"))
    refused(lambda: checkpoint.load(path), path)


def test_json_with_a_string_among_its_numbers(tmp_path, refused):
    path = tmp_path / "vae.json"  # numpy would make every one of these numbers as long as it
    path.write_text(json.dumps([[*[0] * 100_000, "x" * 100_000]] * 10))  # 40 GB an array
    assert "array 0 is expected to hold numbers" in refused(lambda: checkpoint.load(path), path)


@pytest.mark.parametrize("value", ["NaN", "1e999", "1e60"])
def test_json_with_what_is_no_number(tmp_path, refused, value):
    path = tmp_path / "vae.json"
    shapes = [(1, 1024), (1024,), *TENSORFLOW[14:]]
    arrays = [f"[{','.join(['0'] * int(np.prod(shape)))}]" for shape in shapes]
    arrays[-1] = f"[0, {value}, 0]"
    path.write_text(f"[{','.join(arrays)}]")
    assert "deconv4.bias" in refused(lambda: checkpoint.load(path), path)


def test_a_file_of_any_size_is_not_read(tmp_path, refused):
    for name, head in (("vae.json", b"[1"), ("best.tar", b"PK\x03\x04\x01")):
        path = tmp_path / name
        path.write_bytes(head)
        os.truncate(path, 5 * 2**30)  # of holes
        assert "5,368,709,120" in refused(lambda path=path: checkpoint.load(path), path)
