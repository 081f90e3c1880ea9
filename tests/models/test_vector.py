"""z as text: what is written is read back, and what is no z is refused with a sentence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.vector import LARGEST, from_text, load, save, to_text

Z = np.array([0.1, -1.25, 3.0, 1e-8], np.float32)
FINITE = st.floats(width=32, allow_nan=False, allow_infinity=False)


def test_text_is_as_short_as_a_float32_allows():
    assert to_text(Z) == "0.1, -1.25, 3, 1e-08"


@given(arrays(np.float32, 5, elements=FINITE))
def test_text_reads_back_to_the_very_same_z(z):
    back = from_text(to_text(z), 5)
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back.view(np.uint32), z.view(np.uint32))


@pytest.mark.parametrize(
    "text",
    [
        "0.1,-1.25,3,1e-8",
        "  0.1 -1.25\t3 1e-8 ",
        "0.1\n-1.25\r\n3\n1e-8\n",
        "[0.1, -1.25, 3., 1e-8]",
        "[[0.1; -1.25; 3; 1e-8]]",
        "(0.1, −1.25, +3.0, 1E-8,)",
    ],
)
def test_separators_and_brackets_do_not_matter(text):
    np.testing.assert_array_equal(from_text(text, 4), Z)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "no numbers"),
        (" [,]\n", "no numbers"),
        ("1, 2, 3", "3 numbers are here, but z has 4"),
        ("7", "1 number is here, but z has 4"),
        ("1 2 3 4 5", "5 numbers"),
        ("1, 2, nan, 4", "Number 2 of z is nan"),
        ("inf 2 3 4", "Number 0 of z is inf"),
        ("1 2 3 -1e39", "Number 3 of z is -inf"),
        ("1 2 three 4", "'three'"),
        ("1_0 2 3 4", "'1_0'"),
        ("https://example.org/a/long/address", "'https://example.org/…'"),
        ("1 " * LARGEST, "2,000,000"),
    ],
)
def test_what_is_no_z_is_refused(refused, text, named):
    refused(lambda: from_text(text, 4), named)


def test_what_is_saved_is_loaded(tmp_path):
    save(tmp_path / "z.txt", Z)
    assert (tmp_path / "z.txt").read_text() == "0.1, -1.25, 3, 1e-08\n"
    np.testing.assert_array_equal(load(tmp_path / "z.txt", 4), Z)


@pytest.mark.parametrize("array", [Z, Z.astype(float), Z[None], np.arange(4)])
def test_npy_is_loaded_too(tmp_path, array):
    np.save(tmp_path / "z.npy", array)
    found = load(tmp_path / "z.npy", 4)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, array.reshape(4))


@pytest.mark.parametrize(
    ("array", "named"),
    [
        (np.zeros(3), "3 numbers"),
        (np.zeros((2, 2)), "(2, 2)"),
        (np.array([1, 2, np.nan, 4]), "Number 2"),
        (np.array(["a", "b", "c", "d"]), "<U1"),
        (np.zeros(4, complex), "complex"),
        (np.zeros(0), "0 numbers"),
        (np.array([None] * 4), "whole .npy"),
        (np.zeros(LARGEST), "larger"),
    ],
)
def test_an_npy_that_holds_no_z_is_refused_by_name(refused, tmp_path, array, named):
    np.save(tmp_path / "z.npy", array)
    sentence = refused(lambda: load(tmp_path / "z.npy", 4), named)
    assert str(tmp_path / "z.npy") in sentence


@pytest.mark.parametrize(
    ("name", "data", "named"),
    [
        ("z.npy", b"", "whole .npy"),
        ("z.npy", b"PK\x03\x04 an archive", "whole .npy"),
        ("z.txt", b"\xff\xfe\x00\x01", "not text"),
        ("z.txt", b"hello", "'hello'"),
        ("z.txt", b"1 " * LARGEST, "larger"),
    ],
)
def test_a_broken_file_is_refused_by_name(refused, tmp_path, name, data, named):
    (tmp_path / name).write_bytes(data)
    sentence = refused(lambda: load(tmp_path / name, 4), named)
    assert str(tmp_path / name) in sentence


def test_a_header_that_claims_too_much_is_refused(refused, tmp_path):
    np.save(tmp_path / "z.npy", Z.astype(float))
    data = (tmp_path / "z.npy").read_bytes().replace(b"(4,), }" + b" " * 9, b"(4000000000,), }")
    (tmp_path / "z.npy").write_bytes(data)
    refused(lambda: load(tmp_path / "z.npy", 4), "whole .npy")


def test_files_that_are_not_there(refused, tmp_path):
    refused(lambda: load(tmp_path / "none.txt", 4), "no such file")
    refused(lambda: load(tmp_path, 4), "not a file")
    refused(lambda: save(tmp_path / "none" / "z.txt", Z), tmp_path / "none")
