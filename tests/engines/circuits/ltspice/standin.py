"""Stands in for LTspice, which cannot run here: its command lines, its files, its ways to fail.

What it is told to compute it computes by ngspice: the netlist that was written for LTspice is read
in LTspice's dialect, its ``PWL file=`` sources become a ``filesource``, and the result is written
as LTspice writes it. What it is not told as LTspice's help says, it refuses.

Environment: STANDIN_KIND (windows, wine, mac), STANDIN_DOES (how it fails, or how it writes).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from engines.circuits.reading.reader import read_netlist
from engines.circuits.reading.writer import netlist_lines

KIND = os.environ.get("STANDIN_KIND", "windows")
DOES = os.environ.get("STANDIN_DOES", "")
DRIVE = re.compile(r"V_trimpot_(\d+) (\S+) (\S+) PWL file=(\S+)")
SIGNAL_FILE = "signal.txt"
SCHEMATIC_NETLIST = (
    "* {name}\nV1 in 0 wavefile=in.wav\nR1 in out 10k\nC1 out 0 10nF\n.backanno\n.end\n"
)


def main(arguments: list[str]) -> int:
    if KIND == "mac":
        expected = ["-b"]
    elif arguments[:1] == ["-netlist"]:
        return schematic(arguments[1:])
    else:
        expected = ["-Run", "-b"]
    if arguments[:-1] != expected:
        print(f"unknown command line {arguments}")
        return 3
    return simulate(place(arguments[-1]))


def place(argument: str) -> Path:
    if KIND == "wine":
        assert argument.startswith("Z:/"), argument
        argument = argument[2:]
    path = Path(argument)
    assert path.is_absolute(), argument
    return path


def schematic(arguments: list[str]) -> int:
    path = place(arguments[0])
    if DOES == "fail":
        return 1
    if DOES == "stall":
        time.sleep(100)
    text = path.read_text(encoding="latin-1")
    assert text.startswith("Version 4")
    text = text.replace("\\\\", "/")
    missing = [
        name
        for name in re.findall(r"^SYMBOL (\S+)", text, re.M)
        if name not in ("res", "cap", "voltage") and not (path.parent / f"{name}.asy").exists()
    ]
    if missing:
        print(f"Couldn't find symbol {missing[0]}.asy")
        return 0
    made = SCHEMATIC_NETLIST.format(name=path)
    path.with_suffix(".net").write_bytes(made.replace("10nF", "10nF ; \u00b5").encode("latin-1"))
    return 0


def simulate(path: Path) -> int:
    log = path.with_suffix(".log")
    log.write_bytes(f"Circuit: {path}\n".encode("utf-16"))
    lines = path.read_bytes().decode("ascii").splitlines()
    if DOES == "stall":
        time.sleep(100)
    if DOES == "slow":
        path.with_suffix(".raw").write_bytes(b"half a header")
        time.sleep(100)
    if DOES.startswith("says "):
        encoding = DOES.split()[1]
        words = DOES.split(" ", 2)[2]
        log.write_bytes(f"Circuit: {path}\r\n\r\n{words}\r\n".encode(encoding))
        return 0 if "exit 0" in DOES else 1
    times, result, names = by_ngspice(path, lines)
    write_raw(path.with_suffix(".raw"), names, times, result)
    path.with_name(f"{path.stem}.op.raw").write_bytes(b"operating point")
    log.write_bytes(f"Circuit: {path}\r\ntnom = 27\r\nmethod = trap\r\n".encode("utf-16"))
    return 0


def by_ngspice(path: Path, lines: list[str]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    driven = [match.groups() for line in lines if (match := DRIVE.fullmatch(line))]
    rest = [line for line in lines if not DRIVE.fullmatch(line)]
    options = next(line for line in lines if line.startswith(".options "))
    assert "plotwinsize=0" in options
    assert "numdgt=15" in options
    tran = next(line for line in lines if line.startswith(".tran ")).split()
    assert tran[1] == "0"
    assert tran[3] == "0"
    stop, step = tran[2], tran[4]
    names = next(line for line in lines if line.startswith(".save ")).split()[1:]
    tables = [np.loadtxt(path.with_name(name)) for *_, name in driven]
    for table in tables:
        np.testing.assert_array_equal(table[:, 0], tables[0][:, 0])
    signal = np.column_stack([tables[0], *(table[:, 1] for table in tables[1:])])
    folder = path.parent / "standin"
    folder.mkdir()
    np.savetxt(folder / SIGNAL_FILE, signal, fmt="%.17g")
    netlist = read_netlist("\n".join(rest), None, dialect="ltspice")
    ports = " ".join(f"{plus} {minus}" for _, plus, minus, _ in driven)
    zeros, ones = (" ".join(one for _ in driven) for one in "01")
    method = re.search(r"method=(\w+)", options)
    assert method is not None
    text = [
        "* stand-in",
        f"Adrive %vd([{ports}]) standin_drive",
        f'.model standin_drive filesource (file="{SIGNAL_FILE}" amploffset=[{zeros}] '
        f"amplscale=[{ones}] timeoffset=0 timescale=1 timerelative=false amplstep=false)",
        *netlist_lines(netlist),
        f".options method={method[1]} reltol=1e-6 abstol=1e-13 vntol=1e-9 trtol=1e6 xtrtol=1e6",
        f".save {' '.join(names)}",
        f".tran {step} {stop} 0 {step}",
        ".end",
    ]
    (folder / "c.cir").write_text("\n".join(text))
    done = subprocess.run(
        ["ngspice", "-n", "-b", "-r", "r.raw", "c.cir"],
        cwd=folder, capture_output=True, check=False, text=True,
    )  # fmt: skip
    if done.returncode:
        print(done.stdout + done.stderr)
        sys.exit(done.returncode)
    table = read_ngspice(folder / "r.raw", ["time", *names])
    keep = np.append(np.diff(table[:, 0]) > 0, True)
    for left in folder.iterdir():
        left.unlink()
    folder.rmdir()
    return table[keep, 0], table[keep, 1:], names


def read_ngspice(path: Path, names: list[str]) -> np.ndarray:
    head, _, data = path.read_bytes().partition(b"Binary:\n")
    found = re.findall(r"^\t\d+\t(\S+)\t", head.decode("ascii"), re.M)
    table = np.frombuffer(data, "<f8").reshape(-1, len(found))
    return table[:, [found.index(name.lower()) for name in names]]


def write_raw(path: Path, names: list[str], times: np.ndarray, values: np.ndarray) -> None:
    single, fast = DOES == "single", DOES == "fastaccess"
    if DOES == "short":
        times, values = times[: len(times) // 2], values[: len(times) // 2]
    if DOES == "louder":
        values = values * 1.001
    flags = ["real", "forward", *([] if single else ["double"]), *(["fastaccess"] if fast else [])]
    head = [
        f"Title: * {path.stem}", "Date: Sun Nov 22 08:00:00 2026", "Plotname: Transient Analysis",
        f"Flags: {' '.join(flags)}", f"No. Variables: {1 + len(names)}",
        f"No. Points: {len(times):12d}", "Offset:   0.0000000000000000e+000",
        "Command: Linear Technology Corporation LTspice XVII", "Variables:", "\t0\ttime\ttime",
        *(f"\t{n}\t{name}\tvoltage" for n, name in enumerate(names, 1)), "Binary:",
    ]  # fmt: skip
    marked = times.copy()
    marked[5::7] *= -1
    kind = "<f4" if single else "<f8"
    if fast:
        body = marked.astype("<f8").tobytes() + values.T.astype("<f8").tobytes()
    else:
        rows = np.empty(len(times), [("t", "<f8"), ("v", kind, (len(names),))])
        rows["t"], rows["v"] = marked, values
        body = rows.tobytes()
    path.write_bytes("".join(f"{line}\n" for line in head).encode("utf-16-le") + body)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
