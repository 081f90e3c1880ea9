"""What is unlike the training data is said when it lasts, of which figure, without flicker."""

from __future__ import annotations

from explorer.drive.surprise import FRAMES, MANY, Surprise, Usual

USUAL = Usual(kl=(9.0, 27.0), error=(0.0, 90.0))


def weighed(surprise, *frames, usual=USUAL):
    """What is said after the last of frames, each (KL, error)."""
    told = ""
    for kl, error in frames:
        told = surprise.weigh(usual, kl, error)
    return told


def test_one_frame_in_two_hundred_is_outside_by_definition_and_says_nothing():
    surprise = Surprise()
    told = {surprise.weigh(USUAL, 50.0 if step % 40 == 0 else 15.0, 20.0) for step in range(2000)}
    assert told == {""}


def test_most_of_half_a_second_outside_begins_it_and_none_ends_it():
    surprise = Surprise()
    far, near = (41.0, 20.0), (15.0, 20.0)
    assert not weighed(surprise, *[near] * 100, *[far] * (MANY - 1))
    told = weighed(surprise, far)
    assert told == "unlike the training data: KL 41 nats (usual 9 to 27)"
    # Half a second long it does not go, whatever comes, and tells what was outside.
    assert {weighed(surprise, near) for _ in range(FRAMES - 1)} == {told}
    assert weighed(surprise, near) == ""


def test_it_says_which_of_the_two():
    many = FRAMES * 2
    assert "KL 3 nats" in weighed(Surprise(), *[(3.0, 20.0)] * many)
    assert weighed(Surprise(), *[(15.0, 210.0)] * many) == (
        "unlike the training data: error 210 (usual up to 90)"
    )
    both = weighed(Surprise(), *[(41.0, 210.0)] * many)
    assert "KL 41 nats (usual 9 to 27), error 210" in both


def test_what_is_not_known_is_not_judged():
    many = FRAMES * 2
    assert weighed(Surprise(), *[(99.0, 999.0)] * many, usual=Usual()) == ""
    assert "KL" not in weighed(Surprise(), *[(99.0, 999.0)] * many, usual=Usual(error=(0.0, 90.0)))
    # The error of a sample is told as None.
    assert "error" not in weighed(Surprise(), *[(99.0, None)] * many)


def test_a_moment_is_judged_alone():
    assert Surprise.judge(USUAL, 41.0, 20.0) == (
        "unlike the training data: KL 41 nats (usual 9 to 27)"
    )
    assert Surprise.judge(USUAL, 15.0, 20.0) == ""


def test_the_farthest_of_what_is_outside_is_told():
    many = [(15.0, 95.0)] * FRAMES
    assert "error 130 (" in weighed(Surprise(), *many, (15.0, 130.0), (15.0, 95.0), (15.0, 20.0))
    assert "KL 2 nats" in weighed(Surprise(), *[(2.0, 20.0)] * MANY, (8.0, 20.0))
    assert "KL 9.6e16 nats (usual 9 to 27)" in Surprise.judge(USUAL, 96302770323193856.0, 20.0)


def test_while_the_camera_zooms_in_that_is_told_and_nothing_of_it_later():
    surprise = Surprise()
    said = [surprise.weigh(USUAL, 900.0, 4000.0, zooming=True) for _ in range(FRAMES)]
    assert set(said) == {"unlike the training data: the camera still zooms in"}
    assert surprise.weigh(USUAL, 15.0, 20.0, zooming=True) == ""
    assert surprise.weigh(USUAL, 15.0, 20.0) == ""
    weighed(surprise, *[(41.0, 20.0)] * FRAMES)
    surprise.weigh(USUAL, 900.0, 4000.0, zooming=True)  # it begins anew
    assert surprise.weigh(USUAL, 15.0, 2.0) == ""
