"""Training as a generator: its numbers, what may change on the way, and how it ends and resumes."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from models import checkpoint
from models import train as training
from models.dataset import Frames
from models.errors import DivergedError
from models.muon import PER_LEARNING_RATE, is_turned
from models.train import (
    TrainConfig,
    TrainState,
    images_per_second,
    progress_of,
    train,
)
from models.vae import VAE

QUICK = TrainConfig(
    latent_dim=4, batch_size=8, steps=10, learning_rate=3e-3, warm_up=0, device="cpu"
)


class Clock:
    """Time that passes only when the test says so."""

    now = 50.0

    def perf_counter(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(training, "time", made)
    return made


@pytest.fixture
def begin(vae):
    """Makes the state of a run from the same small VAE each time."""
    return lambda config=QUICK: TrainState.start(config, vae)


def weights(vae):
    return [parameter.detach().clone() for parameter in vae.parameters()]


def same(one, other):
    return all(map(torch.equal, one, other))


def numbers(records):
    """All that is measured at each step, exactly."""
    return [
        (
            record.step,
            record.recon_loss,
            *record.kl.tolist(),
            *(
                [record.held_out.recon_loss, *record.held_out.kl.tolist()]
                if record.held_out
                else []
            ),
        )
        for record in records
    ]


# The numbers


def test_one_record_a_batch_with_both_parts_of_the_loss(frames, begin):
    records = list(train(QUICK, frames, begin()))
    assert [record.step for record in records] == list(range(1, 11))
    for record in records:
        assert record.recon_loss > 0
        assert record.kl.shape == (4,) and (record.kl >= 0).all()


def test_the_loss_falls_on_real_frames(frames, begin):
    config = replace(QUICK, steps=40, batch_size=16, beta=0.1, learning_rate=2e-2)
    records = list(train(config, frames, begin(config)))
    losses = [record.recon_loss for record in records]
    assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])
    held_out = [record.held_out.recon_loss for record in records if record.held_out]
    assert held_out[-1] < 0.5 * losses[0]


def test_frames_may_be_a_plain_array(pictures, begin):
    array = Frames([pictures])
    assert numbers(train(QUICK, pictures, begin())) == numbers(train(QUICK, array, begin()))


@pytest.mark.parametrize("latent_dim", [2, 5])
def test_a_fresh_model_has_the_latents_of_the_config(latent_dim):
    state = TrainState.start(replace(QUICK, latent_dim=latent_dim))
    assert state.vae.config.latent_dim == latent_dim
    assert state.step == 0


def test_the_same_seed_gives_the_same_numbers_whatever_else_is_random(frames):
    config = replace(QUICK, steps=3, batch_size=4)
    runs = []
    for unrelated, seed in ((1, 0), (2, 0), (2, 1)):
        torch.manual_seed(unrelated)
        runs.append(numbers(train(replace(config, seed=seed), frames)))
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_training_leaves_the_callers_random_numbers_alone(frames):
    before = torch.random.get_rng_state()
    list(train(replace(QUICK, steps=2), frames))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_training_leaves_the_given_model_alone(frames, vae):
    before = weights(vae)
    list(train(QUICK, frames, TrainState.start(QUICK, vae)))
    assert same(weights(vae), before)


def test_held_out_episodes_teach_nothing(frames, pictures, episode, begin):
    _, held_out = frames.split(QUICK.held_out)
    (name,) = np.unique(episode[held_out])
    other = pictures.copy()
    other[episode == name] = 0
    ours = list(train(QUICK, frames, begin()))
    theirs = list(train(QUICK, Frames([other], episode), begin()))
    assert [record.recon_loss for record in ours] == [record.recon_loss for record in theirs]
    assert ours[-1].held_out.recon_loss != theirs[-1].held_out.recon_loss


def test_the_held_out_test_is_the_same_each_time(frames, begin, monkeypatch):
    monkeypatch.setattr(training, "HELD_OUT_EVERY", 2)
    still = replace(QUICK, learning_rate=0)
    tested = [record.held_out for record in train(still, frames, begin(still)) if record.held_out]
    assert len(tested) == 6  # after the first step and each second one
    assert len({held_out.recon_loss for held_out in tested}) == 1


def test_batches_are_whole_frames_half_of_them_mirrored(frames, pictures, tiny):
    seen = []

    class Watched(VAE):
        def tensor(self, batch):
            seen.append(batch.copy())
            return super().tensor(batch)

    list(train(QUICK, frames, TrainState.start(QUICK, Watched(tiny))))
    plain, mirrored = (
        {image.tobytes() for image in some} for some in (pictures, pictures[:, :, ::-1])
    )
    batches = [image.tobytes() for batch in seen if len(batch) == 8 for image in batch]
    assert len(batches) == 80
    assert set(batches) <= plain | mirrored
    share = np.mean([image in mirrored for image in batches])
    assert 0.3 < share < 0.7


@pytest.mark.parametrize(("warm_up", "rate"), [(0, 3e-3), (10, 3e-4)])
def test_the_first_step_moves_each_weight_by_the_learning_rate(frames, begin, warm_up, rate):
    config = replace(QUICK, warm_up=warm_up, steps=10_000)
    state = begin(config)
    before = weights(state.vae)
    next(train(config, frames, state))
    for after, weight in zip(weights(state.vae), before, strict=True):
        moved = after - weight
        if is_turned(weight):
            length = torch.linalg.matrix_norm(moved.flatten(1), 2).item()
            scale = max(1, len(moved) / moved[0].numel()) ** 0.5
            assert length == pytest.approx(PER_LEARNING_RATE * rate * scale, rel=0.3)
        else:  # Adam's first step is +-rate, nothing where nothing flows
            assert moved.abs().max().item() == pytest.approx(rate, rel=0.01)


def test_the_average_follows_the_weights(frames, begin):
    config = replace(QUICK, average=0.2)
    state = begin(config)
    expected = weights(state.average)
    for record in train(config, frames, state):
        decay = min(0.2, (1 + record.step) / (10 + record.step))
        for mean, weight in zip(expected, weights(state.vae), strict=True):
            mean += (1 - decay) * (weight - mean)
    for mean, found in zip(expected, weights(state.average), strict=True):
        torch.testing.assert_close(found, mean, rtol=1e-4, atol=1e-6)


# Changes on the way


def test_a_sent_learning_rate_counts_from_the_next_batch(frames, begin):
    state = begin()
    run = train(QUICK, frames, state)
    next(run)
    before = weights(state.vae)
    run.send(replace(QUICK, learning_rate=0))
    assert same(weights(state.vae), before)
    next(run)
    assert same(weights(state.vae), before)
    run.send(QUICK)
    assert not same(weights(state.vae), before)


def test_a_sent_beta_counts_from_the_next_batch(frames, begin):
    reference = numbers(train(QUICK, frames, begin()))
    run = train(QUICK, frames, begin())
    changed = numbers(islice(run, 3))
    changed.append(*numbers([run.send(replace(QUICK, beta=50.0))]))
    changed += numbers(run)
    # The fourth batch is measured before it is learned from; the fifth sees what it taught.
    assert changed[:4] == reference[:4]
    assert changed[4] != reference[4]
    assert len(changed) == len(reference)


def test_more_beta_buys_less_kl(frames, begin):
    config = replace(QUICK, steps=25, learning_rate=1e-2)
    rates = []
    for beta in (0.01, 100.0):
        *_, last = train(replace(config, beta=beta), frames, begin(config))
        rates.append(last.held_out.kl.sum())
    assert rates[1] < 0.5 * rates[0]


def test_below_the_free_bits_the_kl_does_not_count(frames, begin):
    free = numbers(train(replace(QUICK, free_bits=1e6, beta=3.0), frames, begin()))
    assert free == numbers(train(replace(QUICK, beta=0.0), frames, begin()))
    assert free != numbers(train(replace(QUICK, beta=3.0), frames, begin()))


def test_below_the_kl_floor_the_kl_does_not_count(frames, begin):
    free = numbers(train(replace(QUICK, kl_floor=1e6, beta=3.0), frames, begin()))
    assert free == numbers(train(replace(QUICK, beta=0.0), frames, begin()))


def test_with_a_large_beta_the_rate_arrives_at_the_kl_floor(frames, begin):
    rates = []
    for beta in (0.0, 10.0):
        config = replace(QUICK, steps=100, beta=beta, kl_floor=3.0)
        *_, last = train(config, frames, begin(config))
        rates.append(last.kl.sum())
    assert rates[0] > 6
    assert rates[1] == pytest.approx(3.0, abs=0.5)


@pytest.mark.parametrize("floors", [{}, {"free_bits": 0.02}, {"kl_floor": 0.1}])
def test_the_batch_is_one_however_many_threads_share_it(frames, begin, floors):
    # The floors are of the whole batch's KL, and here some latents are above and some below.
    config = replace(QUICK, batch_size=10, steps=6, beta=5.0, **floors)
    alone = np.array(
        [run[:6] for run in numbers(train(replace(config, threads=1), frames, begin()))]
    )
    for threads in (2, 3):  # 3 has parts of 4, 4 and 2 frames
        shared = numbers(train(replace(config, threads=threads), frames, begin()))
        np.testing.assert_allclose([run[:6] for run in shared], alone, rtol=2e-4, atol=1e-6)


def test_threads_may_change_in_mid_run(frames, begin):
    run = train(replace(QUICK, threads=1), frames, begin())
    records = list(islice(run, 3))
    records += [run.send(replace(QUICK, threads=3)), *run]
    np.testing.assert_allclose(
        [record.recon_loss for record in records],
        [record.recon_loss for record in train(replace(QUICK, threads=1), frames, begin())],
        rtol=1e-3,
    )


def test_a_calibrated_likelihood_needs_no_beta(frames, begin):
    first, second = (
        [
            run[:6]
            for run in numbers(train(replace(QUICK, calibrated=True, beta=b), frames, begin()))
        ]
        for b in (0.1, 100.0)
    )
    assert first == second
    assert first != [run[:6] for run in numbers(train(QUICK, frames, begin()))]


def test_the_kl_is_pulled_to_its_capacity_from_both_sides(frames, begin):
    quick = replace(QUICK, steps=80, schedule="constant", capacity_steps=1)
    rates = {}
    for capacity in (0.5, 3.0):
        config = replace(quick, capacity=capacity, beta=200.0)
        rates[capacity] = list(train(config, frames, begin()))[-1].kl.sum()
    assert rates[0.5] == pytest.approx(0.5, abs=0.3)
    assert rates[3.0] == pytest.approx(3.0, abs=0.6)


def test_a_constant_rate_does_not_fall(frames, begin):
    state = begin()
    config = replace(QUICK, schedule="constant", warm_up=4)
    rates = [
        state.optimizer.param_groups[0]["lr"] / config.learning_rate
        for _ in train(config, frames, state)
    ]
    assert rates == pytest.approx([0.25, 0.5, 0.75, *[1.0] * 7])


def test_a_run_ends_when_held_out_frames_have_waited_long_enough(frames, begin, monkeypatch):
    losses = iter([9.0, 8.0, 8.5, 7.0, 7.1, 7.2, 1.0])
    monkeypatch.setattr(training, "held_out_loss", lambda *_: next(losses))
    monkeypatch.setattr(training, "HELD_OUT_EVERY", 3)
    state = begin()
    records = list(train(replace(QUICK, steps=60, patience=2), frames, state))
    # Tested at 1, 3, 6, 9, 12 and 15: the fourth was the best, the two after it were not.
    assert [record.step for record in records if record.held_out] == [1, 3, 6, 9, 12, 15]
    assert (state.best_loss, state.best_step, state.stale_tests) == (7.0, 9, 2)
    assert records[-1].snapshot is not None


@pytest.mark.parametrize("keep_best", [False, True])
def test_a_finished_run_leaves_the_best_weights_where_it_shall(
    frames, begin, monkeypatch, tmp_path, keep_best
):
    losses = iter([9.0, 8.0, 8.5, 8.6, 8.7])
    monkeypatch.setattr(training, "held_out_loss", lambda *_: next(losses))
    monkeypatch.setattr(training, "HELD_OUT_EVERY", 3)
    config = replace(QUICK, steps=10, keep_best=keep_best)
    state, averages = begin(config), {}
    run = train(config, frames, state)
    for record in islice(run, 5):
        averages[record.step] = weights(state.average)
    checkpoint.save_state(tmp_path / "run.resume.safetensors", state, config)
    state = checkpoint.load_state(tmp_path / "run.resume.safetensors", config)
    *_, last = train(config, frames, state)
    assert state.best_step == 3
    assert same(weights(last.snapshot), averages[3]) is keep_best
    assert same(weights(last.snapshot), weights(state.average)) is not keep_best


@pytest.mark.parametrize("free", [{"capacity": 3.0}, {"kl_floor": 16.0}])
def test_the_best_is_the_best_picture_whatever_the_kl_is_to_be(frames, begin, free):
    config = replace(QUICK, steps=60, beta=100.0, patience=3, **free)
    state = begin(config)
    tested = [r for r in train(config, frames, state) if r.held_out]
    assert state.step == 60
    sharpest = min(tested, key=lambda record: record.held_out.recon_loss)
    assert state.best_step == sharpest.step > 1


def test_a_turn_of_beta_makes_no_worse_weights_the_best(frames, begin):
    state = begin(replace(QUICK, steps=60))
    run = train(replace(QUICK, steps=60), frames, state)
    for record in run:
        if record.step == 40:
            break
    before = state.best_loss, state.best_step
    run.send(replace(QUICK, steps=60, beta=5000.0, learning_rate=0.05))
    list(run)
    assert (state.best_loss, state.best_step) == before


def test_the_best_can_be_asked_for_late(frames, begin, monkeypatch):
    losses = iter([9.0, 8.0, 8.5, 8.6, 8.7])
    monkeypatch.setattr(training, "held_out_loss", lambda *_: next(losses))
    monkeypatch.setattr(training, "HELD_OUT_EVERY", 3)
    state = begin()
    run = train(QUICK, frames, state)
    for record in run:
        if record.step == 6:
            break
    run.send(replace(QUICK, keep_best=True))
    *_, last = run
    assert (state.best_step, last.step, last.snapshot_step) == (3, 10, 3)
    assert same(weights(last.snapshot), weights(state.best))


def test_a_pause_is_no_time_spent(frames, begin, clock):
    state = begin()
    for _ in train(QUICK, frames, state):
        clock.now += 100
    assert state.seconds == 0


def test_the_held_out_moments_are_those_of_the_aggregate_posterior(frames, begin):
    state = begin(replace(QUICK, steps=1))
    [record] = train(replace(QUICK, steps=1), frames, state)
    _, held_out = frames.split(QUICK.held_out)
    posterior = state.average.posterior(frames.take(held_out))
    mean, variance = record.held_out.mean, record.held_out.variance
    np.testing.assert_allclose(mean, posterior.mu.mean(0), atol=1e-5)
    expected = posterior.mu.var(0) + np.square(posterior.sigma).mean(0)
    np.testing.assert_allclose(variance, expected, rtol=1e-4)


def test_data_may_grow_in_mid_run(pictures, begin):
    taken = []

    class Counted(Frames):
        def take(self, indices):
            taken.append(len(self))
            return super().take(indices)

        def sized(self, shape):
            return Counted(self._arrays, self.episode, shape=shape)

    now = [Counted([pictures[:20]], np.arange(20) // 5)]
    run = train(replace(QUICK, steps=4), lambda: now[0], begin())
    next(run), next(run)
    now[0] = Counted([pictures], np.arange(len(pictures)) // 5)
    list(run)
    assert taken == [20, 20, 20, len(pictures), len(pictures)]  # the first for the held-out test


def test_fewer_steps_end_the_run_with_a_last_record(frames, begin):
    run = train(replace(QUICK, steps=1000), frames, begin())
    next(run)
    rest = [run.send(replace(QUICK, steps=4)), *run]
    assert [record.step for record in rest] == [2, 3, 4]
    assert rest[-1].snapshot is not None and rest[-1].held_out is not None


def test_minutes_end_the_run_and_its_schedule(frames, begin, clock, monkeypatch):
    step = training._step

    def take_a_second(*given):
        clock.now += 1  # 6 s are a tenth of a minute
        return step(*given)

    monkeypatch.setattr(training, "_step", take_a_second)
    config = replace(QUICK, minutes=0.1, steps=10**9)
    state, progress = begin(config), []
    records = []
    for record in train(config, frames, state):
        records.append(record)
        progress.append(progress_of(config, state))
    assert progress == pytest.approx([k / 6 for k in range(1, 7)], abs=1e-6)
    assert records[-1].snapshot is not None
    assert images_per_second(state) == pytest.approx(8)


# Snapshots


def test_snapshots_come_at_most_every_half_second_and_at_the_end(frames, begin, clock):
    with_snapshot = []
    for record in train(QUICK, frames, begin()):
        if record.snapshot is not None:
            with_snapshot.append(record.step)
        clock.now += 0.2
    assert with_snapshot == [4, 7, 10]


def test_a_snapshot_is_frozen_and_never_written_again(frames, begin, clock):
    state, kept = begin(), []
    for record in train(QUICK, frames, state):
        if record.snapshot is not None:
            kept.append((record.snapshot, weights(record.snapshot), weights(state.average)))
        clock.now += 1
    assert len(kept) == 9
    for snapshot, then, average in kept:
        assert same(weights(snapshot), then) and same(then, average)
        assert not any(parameter.requires_grad for parameter in snapshot.parameters())
        assert not snapshot.training
    assert not same(kept[0][1], kept[-1][1])


# Ends


def test_a_loss_that_is_no_number_is_raised_not_plotted(frames, begin):
    config = replace(QUICK, learning_rate=1e30)
    with pytest.raises(DivergedError, match="step 1:") as caught:
        list(train(config, frames, begin(config)))
    assert "1e+30" in str(caught.value)


def test_a_broken_weight_is_noticed_at_the_next_batch(frames, begin):
    state = begin()
    run = train(QUICK, frames, state)
    next(run)
    with torch.no_grad():
        state.vae.encoder.head.bias[0] = float("nan")
    with pytest.raises(DivergedError):
        next(run)


def test_a_held_out_loss_that_is_no_number_is_raised_too(frames, begin):
    state = begin()
    with torch.no_grad():
        state.average.encoder.head.bias[0] = float("nan")
    with pytest.raises(DivergedError, match="step 1:"):
        list(train(QUICK, frames, state))


def test_closing_between_two_records_leaves_a_state_to_go_on_from(frames, begin):
    reference = numbers(train(QUICK, frames, begin()))
    state = begin()
    run = train(QUICK, frames, state)
    first = numbers(islice(run, 4))
    run.close()
    assert state.step == 4
    assert list(run) == []
    assert first + numbers(train(QUICK, frames, state)) == reference


@pytest.mark.parametrize("stop", [0, 1, 6])
def test_resuming_from_a_file_gives_the_uninterrupted_curve(frames, begin, tmp_path, stop):
    reference_state = begin()
    reference = numbers(train(QUICK, frames, reference_state))
    state = begin()
    curve = numbers(islice(train(QUICK, frames, state), stop))
    checkpoint.save_state(tmp_path / "state.safetensors", state, QUICK)
    resumed = checkpoint.load_state(tmp_path / "state.safetensors", QUICK)
    curve += numbers(train(QUICK, frames, resumed))
    assert curve == reference
    assert resumed.images == reference_state.images == 80
    assert same(weights(resumed.vae), weights(reference_state.vae))
    assert same(weights(resumed.average), weights(reference_state.average))


def test_a_finished_run_has_nothing_left_to_do(frames, begin):
    state = begin()
    list(train(QUICK, frames, state))
    assert list(train(QUICK, frames, state)) == []
    assert state.step == 10


@pytest.mark.parametrize("count", [1, 2, 3])
def test_even_a_few_frames_can_be_learned(pictures, begin, count):
    *_, last = train(QUICK, pictures[:count], begin())
    assert np.isfinite(last.held_out.recon_loss) and last.held_out.recon_loss > 0


def test_half_precision_trains_like_full(frames, begin):
    full, half = (
        [record.recon_loss for record in train(replace(QUICK, bfloat16=on), frames, begin())]
        for on in (False, True)
    )
    assert half == pytest.approx(full, rel=0.1)
    assert half != full


def test_in_slow_motion_every_record_carries_the_weights_after_its_step(frames, begin, clock):
    often, seldom = begin(), begin()
    run = train(replace(QUICK, snapshot_seconds=0.0), frames, often)
    for record in run:
        clock.now += 1e-6  # a batch as fast as one likes
        assert same(weights(record.snapshot), weights(often.average))
    records = list(train(QUICK, frames, seldom))
    assert [record.snapshot is not None for record in records[:-1]] == [False] * (len(records) - 1)
    assert same(weights(often.vae), weights(seldom.vae))  # to look at it changes nothing
