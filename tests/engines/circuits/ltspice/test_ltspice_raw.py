"""LTspice's result files, written byte by byte, against an independent reader of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spicelib import RawRead

import engines.circuits.rawfile as module
from engines.circuits.base import SimulatorError
from engines.circuits.ltspice_raw import LTspiceRaw


def header(
    names: list[str],
    points: int,
    *,
    flags: str = "real forward double",
    variables: int | None = None,
    plot: str = "Transient Analysis",
    end: str = "\n",
) -> str:
    count = len(names) if variables is None else variables
    return end.join(
        [
            "Title: * C:\\circuits\\µ-amp.asc",
            "Date: Sun Nov 22 08:00:00 2026",
            f"Plotname: {plot}",
            f"Flags: {flags}",
            f"No. Variables: {count}",
            f"No. Points: {points:12d}",
            "Offset:   0.0000000000000000e+000",
            "Command: Linear Technology Corporation LTspice XVII",
            "Backannotation: u1 1 2",
            "Variables:",
            *(
                f"\t{number}\t{name}\t{'time' if number == 0 else 'voltage'}"
                for number, name in enumerate(names)
            ),
            "Binary:",
            "",
        ]
    )


def table(points: int, columns: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.uniform(1e-7, 1e-5, points)) - 1e-7
    return times, rng.standard_normal((points, columns)) * 10.0 ** rng.integers(-12, 3, columns)


def body(times: np.ndarray, values: np.ndarray, kind: str, fast: bool) -> bytes:
    if fast:
        return times.astype("<f8").tobytes() + values.T.astype(kind).tobytes()
    rows = np.empty(len(times), [("t", "<f8"), ("v", kind, (values.shape[1],))])
    rows["t"], rows["v"] = times, values
    return rows.tobytes()


NAMES = ["time", "V(out)", "V(x1_m)", "I(L1)"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "latin-1"])
@pytest.mark.parametrize("kind", ["<f4", "<f8"])
@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_form(tmp_path: Path, encoding: str, kind: str, fast: bool, end: str) -> None:
    times, values = table(1000, 3)
    marked = times.copy()
    marked[3::5] *= -1
    flags = "real forward" + (" double" if kind == "<f8" else "") + (" FastAccess" if fast else "")
    text = header(NAMES, 1000, flags=flags, end=end).replace("µ", "u")
    path = tmp_path / "r.raw"
    path.write_bytes(text.encode(encoding) + body(marked, values, kind, fast))
    raw = LTspiceRaw(path)
    assert raw.names == ("time", "v(out)", "v(x1_m)", "i(l1)")
    assert (raw.n_points, raw.double) == (1000, kind == "<f8")
    found = raw.rows(0, 1000, raw.columns(["TIME", "v(x1_m)", "I(L1)", "v(out)", "v(out)"]))
    np.testing.assert_array_equal(found[:, 0], times)
    expected = values.astype(kind).astype(float)
    np.testing.assert_array_equal(found[:, 1:], expected[:, [1, 2, 0, 0]])
    np.testing.assert_array_equal(raw.rows(17, 23, [2]), expected[17:23, [1]])


@settings(max_examples=60, deadline=None)
@given(
    points=st.integers(2, 300),
    columns=st.integers(1, 6),
    single=st.booleans(),
    fast=st.booleans(),
    wide=st.booleans(),
    block=st.integers(1, 200),
    seed=st.integers(0, 1000),
)
def test_as_another_reader_reads_them(
    tmp_path_factory: pytest.TempPathFactory,
    points: int, columns: int, single: bool, fast: bool, wide: bool, block: int, seed: int,
) -> None:  # fmt: skip
    """spicelib's reader (``ltspice``), which knows nothing of this one."""
    times, values = table(points, columns, seed)
    times[1::4] *= -1
    names = ["time", *(f"V(n{number})" for number in range(columns))]
    kind = "<f4" if single else "<f8"
    flags = " ".join(["real forward", *(["double"] * (not single)), *(["fastaccess"] * fast)])
    path = tmp_path_factory.mktemp("raw") / "r.raw"
    text = header(names, points, flags=flags).replace("µ", "u")
    encoded = text.encode("utf-16-le" if wide else "latin-1")
    path.write_bytes(encoded + body(times, values, kind, fast))
    other = RawRead(path, traces_to_read="*", dialect="ltspice", verbose=False)
    raw = LTspiceRaw(path)
    module.BLOCK_ROWS, kept = block, module.BLOCK_ROWS
    try:
        blocks = list(raw.blocks(raw.columns(names)))
    finally:
        module.BLOCK_ROWS = kept
    assert max(len(one) for one in blocks) <= block
    found = np.concatenate(blocks)
    np.testing.assert_array_equal(found[:, 0], np.abs(other.get_axis()))
    for number, name in enumerate(names[1:], 1):
        np.testing.assert_array_equal(found[:, number], other.get_wave(name))


def test_a_frequency_response(tmp_path: Path) -> None:
    values = np.array([[1.0, 0.5 - 0.5j], [10.0, 0.1 - 0.3j]])
    text = header(["frequency", "V(out)"], 2, flags="complex forward log", plot="AC Analysis")
    path = tmp_path / "r.raw"
    path.write_bytes(text.encode("utf-16-le") + values.astype("<c16").tobytes())
    np.testing.assert_array_equal(LTspiceRaw(path).rows(0, 2, [0, 1]), values)


def write(path: Path, text: str, rest: bytes) -> Path:
    path.write_bytes(text.encode("utf-16-le") + rest)
    return path


BODY = body(*table(10, 3), "<f8", False)
DAMAGED = {
    "cut short": (header(NAMES, 10), BODY[:-1]),
    "nothing in it": (header(NAMES, 0), b""),
    "fewer points than none": (header(NAMES, -5), BODY),
    "more points than bytes": (header(NAMES, 10**15), BODY),
    "no number": (header(NAMES, 10).replace("No. Points:           10", "No. Points: many"), BODY),
    "other variables": (header(NAMES, 10, variables=3), BODY),
    "a million variables": (header(NAMES, 10, variables=10**6), BODY),
    "several runs": (header(NAMES, 10, flags="real forward double stepped"), BODY),
    "no end of the header": (header(NAMES, 10).replace("Binary:\n", ""), BODY),
    "values as text": (header(NAMES, 10).replace("Binary:", "Values:"), BODY),
    "variables out of order": (header(NAMES, 10).replace("\t2\t", "\t7\t"), BODY),
    "empty": ("", b""),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged(tmp_path: Path, name: str) -> None:
    with pytest.raises(SimulatorError, match="missing or damaged"):
        LTspiceRaw(write(tmp_path / "r.raw", *DAMAGED[name]))


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(SimulatorError, match="missing or damaged"):
        LTspiceRaw(tmp_path / "r.raw")


def test_a_vector_that_is_not_there(tmp_path: Path) -> None:
    raw = LTspiceRaw(write(tmp_path / "r.raw", header(NAMES, 10), BODY))
    with pytest.raises(SimulatorError) as error:
        raw.columns(["v(elsewhere)"])
    assert "v(elsewhere) is not among time, v(out)" in error.value.details


def test_what_is_no_number(tmp_path: Path) -> None:
    times, values = table(10, 3)
    values[4, 1] = np.inf
    raw = LTspiceRaw(
        write(tmp_path / "r.raw", header(NAMES, 10), body(times, values, "<f8", False))
    )
    with pytest.raises(SimulatorError, match="not numbers"):
        list(raw.blocks([0, 2]))


def test_shortened_while_it_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "r.raw", header(NAMES, 10), BODY)
    raw = LTspiceRaw(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SimulatorError, match="missing or damaged"):
        raw.rows(0, 10, [0, 1])


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=400), place=st.integers(0, 2000))
def test_rubbish(tmp_path_factory: pytest.TempPathFactory, data: bytes, place: int) -> None:
    good = header(NAMES, 10).encode("utf-16-le") + BODY
    path = tmp_path_factory.mktemp("raw") / "r.raw"
    path.write_bytes(good[:place] + data + good[place + len(data) :])
    try:
        raw = LTspiceRaw(path)
        for rows in raw.blocks(range(len(raw.names))):
            assert np.isfinite(rows).all()
    except SimulatorError:
        return
