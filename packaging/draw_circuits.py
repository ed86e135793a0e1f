"""Draw the circuits: ``engines/circuits/library/drawings/<name>.svg``, and on white for the docs.

    python packaging/draw_circuits.py [--folder FOLDER] [NAME ...]

Beside the pictures, ``drawings.json`` says which parts each shows, between which nodes and with
which values, so that a test can tell when a netlist has changed and its drawing has not. Run this
again then: it stops where what is drawn is no longer what the netlist says.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from schematic import Sheet, parts_of  # noqa: E402

from engines.circuits.diode_clipper import CIRCUIT as DIODE_CLIPPER  # noqa: E402
from engines.circuits.library import circuits  # noqa: E402

PICTURES = ROOT / "docs" / "images" / "circuits"
"""The same on white, for the guide."""
FOLDER = ROOT / "engines" / "circuits" / "library" / "drawings"
PARTS_FILE = "drawings.json"


def rc_lowpass(s: Sheet) -> None:
    s.ends((0, 2), (8.5, 2))
    s.wire((0, 2), (1, 2))
    s.part("R1", (1, 2), (4, 2))
    s.wire((4, 2), (8.5, 2))
    s.part("C1", (6, 2), (6, 5))
    s.ground((6, 5))


def diode_clipper(s: Sheet) -> None:
    s.ends((0, 2), (12, 2))
    s.wire((0, 2), (1, 2))
    s.part("R1", (1, 2), (4, 2))
    s.wire((4, 2), (12, 2))
    s.part("C1", (5, 2), (5, 5))
    s.part("D1", (7.5, 2), (7.5, 5))
    s.part("D2", (10, 5), (10, 2))
    s.ground((5, 5), (7.5, 5), (10, 5))


def diode_clipper_2(s: Sheet) -> None:
    s.ends((0, 2), (16, 2))
    s.wire((0, 2), (0.5, 2))
    s.part("C1", (0.5, 2), (3, 2))
    s.part("R1", (3, 2), (6, 2))
    s.wire((6, 2), (16, 2))
    s.part("C2", (7, 2), (7, 5))
    s.part("R2", (9.5, 2), (9.5, 5))
    s.part("D1", (12, 2), (12, 5))
    s.part("D2", (14, 5), (14, 2))
    s.ground((7, 5), (9.5, 5), (12, 5), (14, 5))


def asymmetric_clipper(s: Sheet) -> None:
    s.ends((0, 2), (12, 2))
    s.wire((0, 2), (1, 2))
    s.part("R1", (1, 2), (4, 2))
    s.wire((4, 2), (12, 2))
    s.part("C1", (5, 2), (5, 6))
    s.part("D1", (7.5, 6), (7.5, 2))
    s.part("D2", (10, 2), (10, 4))
    s.part("D3", (10, 4), (10, 6))
    s.ground((5, 6), (7.5, 6), (10, 6))


def overdrive(s: Sheet) -> None:
    s.ends((0, 4), (33, 7.5))
    s.wire((0, 4), (0.5, 4))
    s.part("C1", (0.5, 4), (2.5, 4))
    s.wire((2.5, 4), (6, 4))
    s.part("R1", (3, 4), (3, 6.5))
    s.supply("Vb", (3, 6.5), below=True)
    s.opamp("Xop1", (9, 5))
    s.supply("Vcc", (7.5, 3.5))
    s.ground((7.5, 6.5))
    s.wire((6, 6), (6, 13))
    s.wire((6, 8.5), (4.2, 8.5))
    s.part("C2", (4.2, 8.5), (4.2, 10.5), side="l")
    s.part("R2", (4.2, 10.5), (4.2, 13), side="l")
    s.ground((4.2, 13))
    s.part("R3", (6, 8.5), (8.5, 8.5))
    s.part("Rdrive", (8.5, 8.5), (11.5, 8.5), side="t")
    s.wire((9, 5), (12, 5))
    s.wire((11.5, 5), (11.5, 13))
    s.part("C3", (6, 10), (11.5, 10))
    s.part("D1", (6, 11.5), (11.5, 11.5))
    s.part("D2", (11.5, 13), (6, 13))
    s.part("R4", (12, 5), (14.5, 5))
    s.wire((14.5, 5), (22, 5))
    s.part("C4", (15, 5), (15, 7.5))
    s.ground((15, 7.5))
    s.part("R5", (17.3, 5), (17.3, 7.5))
    s.supply("Vb", (17.3, 7.5), below=True)
    s.pot("Rtone1", "Rtone2", (21, 5), (21, 8), (20, 6.5), "r")
    s.wire((20, 6.5), (20, 8.5))
    s.part("R7", (20, 8.5), (20, 10.7), side="l")
    s.part("C5", (20, 10.7), (20, 12.7), side="l")
    s.ground((20, 12.7))
    s.wire((22, 5), (24.2, 5))
    s.opamp("Xop2", (27.2, 6))
    s.supply("Vcc", (25.7, 4.5))
    s.ground((25.7, 7.5))
    s.wire((24.2, 7), (24.2, 9.5))
    s.wire((21, 8), (24.2, 8))
    s.part("R6", (24.2, 9.5), (27.7, 9.5))
    s.wire((27.7, 9.5), (27.7, 6))
    s.wire((27.2, 6), (28.2, 6))
    s.part("C6", (28.2, 6), (30.2, 6))
    s.wire((30.2, 6), (31, 6))
    s.pot("Rlevel1", "Rlevel2", (31, 6), (31, 9), (32, 7.5), "br")
    s.wire((32, 7.5), (33, 7.5))
    s.ground((31, 9))


def distortion(s: Sheet) -> None:
    s.ends((0, 4), (36.2, 6.5))
    s.wire((0, 4), (0.5, 4))
    s.part("C1", (0.5, 4), (2.5, 4))
    s.wire((2.5, 4), (8, 4))
    s.part("R1", (3, 4), (3, 6.5))
    s.supply("Vb", (3, 6.5), below=True)
    s.part("C2", (5.2, 4), (5.2, 6.2))
    s.ground((5.2, 6.2))
    s.opamp("Xop1", (11, 5))
    s.supply("Vcc", (9.5, 3.5))
    s.ground((9.5, 6.5))
    s.wire((8, 6), (8, 10.5))
    s.wire((8, 8.5), (3.5, 8.5))
    s.part("R3", (3.5, 8.5), (3.5, 11))
    s.part("C5", (3.5, 11), (3.5, 13))
    s.part("R2", (6, 8.5), (6, 11))
    s.part("C4", (6, 11), (6, 13))
    s.ground((3.5, 13), (6, 13))
    s.wire((8, 8.5), (9.5, 8.5))
    s.part("Rdrive", (9.5, 8.5), (13, 8.5), side="t")
    s.part("C3", (8, 10.5), (13, 10.5))
    s.wire((11, 5), (13.5, 5))
    s.wire((13, 5), (13, 10.5))
    s.part("C6", (13.5, 5), (15.5, 5))
    s.part("R4", (15.5, 5), (18, 5))
    s.wire((18, 5), (24, 5))
    s.part("D1", (18.5, 5), (18.5, 7.5))
    s.part("D2", (20.5, 7.5), (20.5, 5))
    s.part("R5", (22.5, 5), (22.5, 7.5))
    s.ground((18.5, 7.5), (20.5, 7.5), (22.5, 7.5))
    s.part("Rfilter", (24, 5), (27, 5))
    s.wire((27, 5), (28, 5))
    s.part("C7", (27.5, 5), (27.5, 7.5))
    s.node("h", (28, 5), right=True)
    s.part("Ebuffer", (30.2, 5), (30.2, 7.5))
    s.ground((27.5, 7.5), (30.2, 7.5))
    s.wire((30.2, 5), (31, 5))
    s.part("C8", (31, 5), (33, 5))
    s.wire((33, 5), (34.2, 5))
    s.pot("Rvolume1", "Rvolume2", (34.2, 5), (34.2, 8), (35.2, 6.5), "br")
    s.wire((35.2, 6.5), (36.2, 6.5))
    s.ground((34.2, 8))


def fuzz(s: Sheet) -> None:
    s.ends((0, 7), (17.2, 3))
    s.wire((0, 7), (0.5, 7))
    s.part("Rguitar", (0.5, 7), (2.9, 7))
    s.part("C1", (2.9, 7), (5.4, 7))
    s.wire((5.4, 7), (6.5, 7))
    s.transistor("Q1", (6.5, 7), pnp=True)
    s.ground((7.5, 8))
    s.wire((7.5, 6), (7.5, 4.5))
    s.wire((7.5, 5), (10, 5))
    s.part("R1", (7.5, 1.5), (7.5, 4.5), side="l")
    s.supply("Vcc", (7.5, 1.5))
    s.transistor("Q2", (10, 5), pnp=True)
    s.part("R2", (11, 4), (11, 1.5), side="l")
    s.part("R3", (11, 1.5), (11, -1), side="l")
    s.supply("Vcc", (11, -1))
    s.part("C3", (11, 1.5), (14, 1.5))
    s.wire((14, 1.5), (15, 1.5))
    s.pot("Rvolume1", "Rvolume2", (15, 1.5), (15, 4.5), (16, 3), "br")
    s.wire((16, 3), (17.2, 3))
    s.ground((15, 4.5))
    s.wire((11, 6), (11, 7))
    s.wire((11, 6.5), (9.3, 6.5), (9.3, 9.5), (9, 9.5))
    s.part("R4", (9, 9.5), (5.6, 9.5))
    s.wire((5.6, 9.5), (5.6, 7))
    s.pot("Rfuzz1", "Rfuzz2", (11, 7), (11, 10), (12, 8.5), "br")
    s.ground((11, 10))
    s.wire((12, 8.5), (14.5, 8.5))
    s.part("C2", (14.5, 8.5), (14.5, 10.5))
    s.ground((14.5, 10.5))


def treble_booster(s: Sheet) -> None:
    s.ends((0, 6), (16, 3))
    s.wire((0, 6), (0.5, 6))
    s.part("Rguitar", (0.5, 6), (2.9, 6))
    s.part("C1", (2.9, 6), (5.4, 6))
    s.wire((5.4, 6), (6, 6), (8.5, 6))
    s.part("R1", (6, 1.5), (6, 4.5))
    s.supply("Vcc", (6, 1.5))
    s.wire((6, 4.5), (6, 7.5))
    s.part("R2", (6, 7.5), (6, 10))
    s.ground((6, 10))
    s.transistor("Q1", (8.5, 6), pnp=True)
    s.wire((9.5, 5), (9.5, 4.5))
    s.pot("Rboost1", "Rboost2", (9.5, 4.5), (9.5, 1.5), (10.5, 3), "br")
    s.supply("Vcc", (9.5, 1.5))
    s.wire((10.5, 3), (11.5, 3))
    s.part("C3", (11.5, 3), (13.5, 3))
    s.wire((13.5, 3), (16, 3))
    s.part("R4", (14, 3), (14, 6))
    s.ground((14, 6))
    s.wire((9.5, 7), (9.5, 7.5), (12, 7.5))
    s.part("R3", (9.5, 7.5), (9.5, 10))
    s.part("C2", (12, 7.5), (12, 10))
    s.ground((9.5, 10), (12, 10))


def tone_stack(s: Sheet) -> None:
    s.ends((0, 2), (11, 3.5))
    s.wire((0, 2), (3.5, 2))
    s.part("C1", (3.5, 2), (5.5, 2))
    s.wire((5.5, 2), (9, 2))
    s.pot("Rtreble1", "Rtreble2", (9, 2), (9, 5), (10, 3.5), "l")
    s.wire((10, 3.5), (11, 3.5))
    s.wire((1.5, 2), (1.5, 2.5))
    s.part("R4", (1.5, 2.5), (1.5, 5.5))
    s.wire((1.5, 5.5), (1.5, 10.5), (3.5, 10.5))
    s.wire((1.5, 6), (3.5, 6))
    s.part("C2", (3.5, 6), (5.5, 6))
    s.wire((5.5, 6), (9, 6))
    s.wire((9, 5), (9, 6))
    s.part("Rbass", (9, 6), (9, 9), side="r")
    s.part("C3", (3.5, 10.5), (5.5, 10.5))
    s.wire((5.5, 10.5), (8, 10.5))
    s.pot("Rmiddle1", "Rmiddle2", (9, 9), (9, 12), (8, 10.5), "r")
    s.ground((9, 12))


def triode(s: Sheet) -> None:
    s.ends((0, 6), (13.7, 5))
    s.wire((0, 6), (3, 6))
    s.part("R1", (1.2, 6), (1.2, 9))
    s.ground((1.2, 9))
    s.part("R2", (3, 6), (5.5, 6))
    s.triode("Xtube", (5.5, 6))
    s.part("R3", (6.75, 0.5), (6.75, 3.5), side="l")
    s.supply("Vb", (6.75, 0.5))
    s.wire((6.75, 3.5), (6.75, 4.5))
    s.wire((6.75, 3.5), (8, 3.5))
    s.part("C2", (8, 3.5), (10, 3.5))
    s.wire((10, 3.5), (11.5, 3.5))
    s.pot("Rvolume1", "Rvolume2", (11.5, 3.5), (11.5, 6.5), (12.5, 5), "br")
    s.wire((12.5, 5), (13.7, 5))
    s.ground((11.5, 6.5))
    s.wire((6.75, 7.5), (6.75, 8.5), (9.5, 8.5))
    s.part("R4", (6.75, 8.5), (6.75, 11.5))
    s.ground((6.75, 11.5))
    s.part("C1", (9.5, 8.5), (9.5, 10.5))
    s.part("Rbypass", (9.5, 10.5), (9.5, 13.5))
    s.ground((9.5, 13.5))


def ladder(s: Sheet) -> None:
    s.ends((2, 17), (21, 5))
    s.part("Ein", (5, 17), (5, 19.5), side="l")
    s.supply("Vbias", (5, 19.5), below=True)
    s.wire((5, 17), (7, 17))
    s.transistor("Q1", (7, 17))
    s.transistor("Q2", (15, 17), mirror=True)
    s.wire((8, 18), (8, 18.5), (14, 18.5), (14, 18))
    s.part("Bladder", (11, 18.5), (11, 21))
    s.ground((11, 21))
    s.wire((15, 17), (18.5, 17))
    s.part("Eback", (18.5, 17), (18.5, 19.5))
    s.supply("Vbias", (18.5, 19.5), below=True)
    for stage in range(4):
        y = 14 - 3 * stage
        left, right = f"Q{3 + 2 * stage}", f"Q{4 + 2 * stage}"
        s.wire((8, y + 2), (8, y + 1))
        s.wire((14, y + 2), (14, y + 1))
        s.part(f"C{1 + stage}", (8, y + 1.5), (14, y + 1.5))
        s.transistor(left, (9, y), mirror=True)
        s.transistor(right, (13, y))
        s.wire((9, y), (13, y))
        s.supply(f"Vb{1 + stage}", (11, y))
    s.wire((8, 4), (8, 3.5), (14, 3.5), (14, 4))
    s.supply("Vcc", (11, 3.5))
    s.node("l4", (8, 6.5))
    s.node("r4", (14, 6.5), right=True)
    s.part("Eout", (18.5, 5), (18.5, 7.5))
    s.ground((18.5, 7.5))
    s.wire((18.5, 5), (21, 5))


def sustainer(s: Sheet) -> None:
    s.ends((0, 8), (54.5, 6.2))
    s.wire((0, 8), (0.4, 8))
    s.part("R1", (0.4, 8), (2.6, 8))
    s.part("C1", (2.6, 8), (4.6, 8))
    s.wire((4.6, 8), (5, 8), (7.5, 8))
    s.wire((5, 3.7), (5, 9))
    s.part("R2", (5, 9), (5, 11.5))
    s.ground((5, 11.5))
    s.part("R3", (5, 5.5), (8.5, 5.5))
    s.part("C2", (5, 3.7), (8.5, 3.7))
    s.transistor("Q1", (7.5, 8))
    s.wire((8.5, 9), (8.5, 9.5))
    s.part("R5", (8.5, 9.5), (8.5, 12))
    s.ground((8.5, 12))
    s.wire((8.5, 7), (8.5, 3.7))
    s.wire((8.5, 6.5), (9.8, 6.5), (9.8, 4.5))
    s.part("R4", (9.8, 1.5), (9.8, 4.5))
    s.supply("Vcc", (9.8, 1.5))
    s.part("C3", (9.8, 6.5), (12, 6.5))
    s.pot("Rsustain1", "Rsustain2", (12, 6.5), (12, 9.5), (13, 8), "br")
    s.part("R6", (12, 9.5), (12, 12))
    s.ground((12, 12))
    for x, names in (
        (13, "C4 R7 R8 R9 C5 C6 D1 D2 R10 R11 Q2"),
        (25.8, "C7 R12 R13 R14 C8 C9 D3 D4 R15 R16 Q3"),
    ):
        _clipping_stage(s, x, *names.split())
    s.wire((38.6, 8), (38.6, 4.5))
    s.part("R17", (38.6, 4.5), (41, 4.5))
    s.wire((41, 4.5), (43.6, 4.5))
    s.part("C10", (41.4, 4.5), (41.4, 6.6))
    s.part("C11", (38.6, 8.5), (41, 8.5))
    s.wire((38.6, 8), (38.6, 8.5))
    s.wire((41, 8.5), (43.6, 8.5))
    s.part("R18", (41.4, 8.5), (41.4, 11))
    s.ground((41.4, 6.6), (41.4, 11))
    s.pot("Rtone1", "Rtone2", (43.6, 4.5), (43.6, 8.5), (44.6, 6.5), "br")
    s.part("C12", (44.6, 6.5), (46.6, 6.5))
    s.wire((46.6, 6.5), (47, 6.5), (48.8, 6.5))
    s.wire((47, 4.5), (47, 8.5))
    s.part("R19", (47, 1.5), (47, 4.5))
    s.supply("Vcc", (47, 1.5))
    s.part("R20", (47, 8.5), (47, 11))
    s.ground((47, 11))
    s.transistor("Q4", (48.8, 6.5))
    s.part("R21", (49.8, 1.5), (49.8, 4.5))
    s.supply("Vcc", (49.8, 1.5))
    s.wire((49.8, 4.5), (49.8, 5.5))
    s.wire((49.8, 7.5), (49.8, 8.5))
    s.part("R22", (49.8, 8.5), (49.8, 11))
    s.ground((49.8, 11))
    s.wire((49.8, 4.7), (50.3, 4.7))
    s.part("C13", (50.3, 4.7), (52.5, 4.7))
    s.pot("Rvolume1", "Rvolume2", (52.5, 4.7), (52.5, 7.7), (53.5, 6.2), "br")
    s.wire((53.5, 6.2), (54.5, 6.2))
    s.ground((52.5, 7.7))


def _clipping_stage(s: Sheet, x: float, *names: str) -> None:
    """From its input at (x, 8) to its output at (x + 12.8, 8)."""
    entry, series, bias, back, fast, block, up, down, load, emitter, transistor = names

    def at(step: float, y: float) -> tuple[float, float]:
        return (round(x + step, 3), y)

    s.part(entry, at(0, 8), at(2.4, 8))
    s.part(series, at(2.4, 8), at(5, 8))
    s.wire(at(5, 8), at(8.5, 8))
    s.wire(at(5.4, 8), at(5.4, 9))
    s.part(bias, at(5.4, 9), at(5.4, 11.5))
    s.ground(at(5.4, 11.5))
    s.wire(at(5.4, 8), at(5.4, 2.5))
    s.part(back, at(5.4, 5.7), at(9.5, 5.7))
    s.part(fast, at(5.4, 4.1), at(9.5, 4.1))
    s.part(block, at(5.4, 2.5), at(7.8, 2.5))
    s.wire(at(7.8, 2.5), at(7.8, 1.2))
    s.part(up, at(7.8, 2.5), at(9.5, 2.5))
    s.part(down, at(9.5, 1.2), at(7.8, 1.2))
    s.wire(at(9.5, 1.2), at(9.5, 7))
    s.transistor(transistor, at(8.5, 8))
    s.wire(at(9.5, 9), at(9.5, 9.5))
    s.part(emitter, at(9.5, 9.5), at(9.5, 12))
    s.ground(at(9.5, 12))
    s.wire(at(9.5, 6.5), at(12.8, 6.5), at(12.8, 8))
    s.wire(at(10.9, 6.5), at(10.9, 4.5))
    s.part(load, at(10.9, 1.5), at(10.9, 4.5))
    s.supply("Vcc", at(10.9, 1.5))


def compressor_optical(s: Sheet) -> None:
    s.ends((0, 3), (15, 3))
    s.wire((0, 3), (1, 3))
    s.part("R1", (1, 3), (4, 3))
    s.wire((4, 3), (6, 3))
    s.node("a", (6, 3), right=True)
    s.light_resistor("Bcell", (5, 3), (5, 6))
    s.part("Bmake", (12, 3), (12, 6), side="l")
    s.wire((12, 3), (15, 3))
    s.ground((5, 6), (12, 6))
    s.part("Bside", (1.5, 9.5), (1.5, 12.5))
    s.wire((1.5, 9.5), (2.2, 9.5))
    s.node("s", (2.2, 9.5), right=True)
    s.part("Blight", (7.5, 9.5), (7.5, 12.5), side="l")
    s.part("R2", (7.5, 9.5), (10.2, 9.5))
    s.part("C1", (10.2, 9.5), (10.2, 12.5))
    s.node("fast", (10.2, 9.5), right=True)
    s.wire((10.2, 9.5), (11.5, 9.5))
    s.part("R3", (11.5, 9.5), (14.2, 9.5))
    s.part("C2", (14.2, 9.5), (14.2, 12.5))
    s.node("slow", (14.2, 9.5), right=True)
    s.ground((1.5, 12.5), (7.5, 12.5), (10.2, 12.5), (14.2, 12.5))


DRAWN: dict[str, Callable[[Sheet], None]] = {
    "rc-lowpass": rc_lowpass,
    "diode-clipper": diode_clipper,
    "diode-clipper-2": diode_clipper_2,
    "asymmetric-clipper": asymmetric_clipper,
    "overdrive": overdrive,
    "sustainer": sustainer,
    "distortion": distortion,
    "fuzz": fuzz,
    "treble-booster": treble_booster,
    "tone-stack": tone_stack,
    "triode": triode,
    "ladder": ladder,
    "compressor-optical": compressor_optical,
}


def blank(name: str) -> Sheet:
    """A sheet with the parts and knobs of a circuit, nothing drawn."""
    if name == DIODE_CLIPPER.name:
        lines = list(DIODE_CLIPPER.elements)
        return Sheet(DIODE_CLIPPER.title, parts_of(lines), DIODE_CLIPPER.input,
                     DIODE_CLIPPER.output, {})  # fmt: skip
    circuit = circuits()[name]
    return Sheet(
        title=circuit.title,
        parts=parts_of(circuit.netlist.splitlines()[1:]),
        input=circuit.input,
        output=circuit.output,
        knobs={knob.param: knob.name for knob in circuit.knobs},
    )


def on_white(drawing: str) -> str:
    """A drawing with white behind it, for pages whose ground may be dark."""
    x, y, width, height = re.search(r'viewBox="([^"]*)"', drawing)[1].split()  # type: ignore[index]
    sheet = f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="#ffffff"/>'
    return drawing.replace("<title>", f"{sheet}\n<title>", 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("names", nargs="*", metavar="NAME")
    chosen = parser.parse_args()
    for folder in (chosen.folder, PICTURES):
        folder.mkdir(parents=True, exist_ok=True)
    path = chosen.folder / PARTS_FILE
    told = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name in chosen.names or DRAWN:
        sheet = blank(name)
        DRAWN[name](sheet)
        drawing = sheet.svg()
        (chosen.folder / f"{name}.svg").write_text(drawing, encoding="utf-8")
        (PICTURES / f"{name}.svg").write_text(on_white(drawing), encoding="utf-8")
        told[name] = {part.name: [*part.nodes, part.value] for part in sheet.parts.values()}
        print(f"{name}: {len(sheet.parts)} parts")
    text = json.dumps(dict(sorted(told.items())), indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
