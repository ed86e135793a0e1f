"""Parts that differ from their kin by a few figures: amplifiers, Zener diodes, triodes."""

from __future__ import annotations

from collections.abc import Iterator

AMPLIFIERS = """
TL071 TL072 TL074 TL071C TL072C TL074C TL072CP TL074CN TL081 TL082 TL084: 200k 3 13 1T 1.5 1.5 100
TL061 TL062 TL064: 6k 1 3.5 1T 1.5 1.5 200
LF351 LF353 LF347 LF356 LF411 LF412: 100k 4 13 1T 1.5 1.5 75
JRC4558 NJM4558 RC4558 JRC4558D NJM4558D RC4558P MC4558 UPC4558 4558: 100k 3 1 5Meg 1 1 75
JRC4559 NJM4559 RC4559: 100k 6 2 5Meg 1 1 75
JRC4560 NJM4560: 100k 10 4 5Meg 1 1 75
JRC4580 NJM4580: 300k 15 5 5Meg 1 1 50
NJM2068 NJM2114: 300k 15 7 1Meg 1 1 50
BA4558 BA718: 100k 3 1 5Meg 1 1 75
LM741 UA741 MC1741 741 LM741CN: 200k 1 0.5 2Meg 1.5 1.5 75
LM301 LM301A LM748: 160k 1 0.5 2Meg 1.5 1.5 75
LM308 LM308A LM308N: 300k 1 0.3 40Meg 1 1 75
MC1458 LM1458: 200k 1 0.5 1Meg 1.5 1.5 75
LM358 LM324 LM2904 LM2902 LM358A: 100k 1 0.5 10Meg 1.5 0.02 100
LM833: 316k 15 7 500k 1.2 1.2 40
LM837: 316k 25 10 500k 1.2 1.2 40
LM318: 200k 15 70 3Meg 1.5 1.5 75
LM4562 LME49720 LME49710: 10Meg 55 20 30k 1 1 13
NE5532 NE5532A NE5532P SA5532: 100k 10 9 300k 1.5 1.5 30
NE5534 NE5534A NE5534P SE5534: 100k 10 13 100k 1.5 1.5 30
OPA134 OPA2134 OPA4134: 1Meg 8 20 10T 1 1 10
OPA604 OPA2604: 100k 20 25 1T 2 2 25
OPA627 OPA2107: 1Meg 16 55 10T 2 2 55
OPA1612 OPA1611: 3Meg 40 27 20k 0.3 0.3 10
OPA1642 OPA1641 OPA1644: 5Meg 11 20 10T 0.2 0.2 20
OPA1678 OPA1679: 500k 16 9 6G 0.8 0.8 20
OPA2228 OPA228: 100Meg 33 11 10Meg 1 1 40
OPA2227 OPA227: 100Meg 8 2.3 10Meg 1 1 40
OPA2340 OPA340: 300k 5.5 6 10T 0.02 0.02 100
OPA2604AP: 100k 20 25 1T 2 2 25
MC33078 MC33079: 300k 16 7 175k 1 1 40
MC33171 MC33172 MC33174: 500k 1.8 2.1 300k 0.9 0.1 100
MCP6001 MCP6002 MCP6004: 400k 1 0.6 10T 0.03 0.03 100
MCP602 MCP601: 500k 2.8 2.3 10T 0.03 0.03 100
TLC272 TLC274 TLC271: 40k 2.2 5.3 1T 1 0.02 100
TLC2272 TLC2274 TLC2262: 200k 2.2 3.6 1T 0.02 0.02 100
TLE2071 TLE2072 TLE2074: 200k 9 40 1T 1 1 50
CA3130: 300k 4 10 1T 0.02 0.02 100
CA3140 CA3240: 100k 4.5 9 1T 2 0.1 60
AD711 AD712 AD713: 400k 4 20 3T 1 1 50
AD8610 AD8620: 300k 25 60 10T 1 1 20
AD8065 AD8066: 300k 65 180 1T 0.1 0.1 20
AD797: 20Meg 110 20 7.5k 1.5 1.5 30
AD823 AD824: 45k 16 22 10T 0.05 0.05 50
ADA4627 ADA4627-1 ADA4637-1: 5Meg 19 56 10T 1.5 1.5 30
ADA4898 ADA4898-1 ADA4898-2: 700k 65 55 5k 1.3 1.3 20
ADA4610 ADA4610-1 ADA4610-2: 300k 16 25 10T 0.3 0.3 30
OP07 OP77 OP177: 3Meg 0.6 0.3 50Meg 1.5 1.5 60
OP27: 1.8Meg 8 2.8 6Meg 1.2 1.2 70
OP37: 1.8Meg 63 17 6Meg 1.2 1.2 70
OP275: 500k 9 22 500k 1 1 40
OP282 OP249: 100k 4 9 1T 0.5 0.5 100
LT1001: 800k 0.8 0.25 80Meg 1 1 60
LT1006 LT1013 LT1014: 8Meg 0.8 0.4 300Meg 0.7 0.02 100
LT1007 LT1037 LT1124 LT1126: 5Meg 12.5 4 5Meg 1.2 1.2 70
LT1022 LT1055 LT1056 LT1057 LT1058: 400k 5 14 1T 1.5 1.5 50
LT1028 LT1115: 20Meg 75 15 20k 1.5 1.5 50
LT1112 LT1114: 5Meg 0.75 0.3 800Meg 1 1 100
LT1122: 500k 14 80 1T 1.5 1.5 50
LT1169 LT1113 LT1793 LT1792: 4Meg 5.6 4.2 10T 1.5 1.5 50
LT1178 LT1490 LT1491: 700k 0.08 0.04 20Meg 0.05 0.01 200
LT1357 LT1358 LT1359: 65k 25 600 11Meg 1.3 1.3 30
LT1361 LT1362 LT1364: 9k 70 1000 5Meg 1.3 1.3 30
LT1413: 2Meg 0.95 0.4 300Meg 0.7 0.02 100
LT1498 LT1499 LT1630 LT1632: 600k 10 6 1Meg 0.02 0.02 50
LT1677: 10Meg 7.2 2.5 2Meg 0.1 0.1 50
LT1806 LT1800 LT1802: 85k 80 25 1Meg 0.05 0.05 30
LT6230 LT6231: 200k 200 60 10k 0.1 0.1 20
LT1468 LT1469: 9Meg 90 22 150k 1.2 1.2 20
"""
"""By name: gain (V/V), unity-gain bandwidth (MHz), slew rate (V/us), input resistance (ohm), room
to the upper and to the lower supply (V), output resistance (ohm): typical figures of the makers'
data sheets. A dual or quadruple part is one of its amplifiers, pins in+ in- v+ v- out."""

ZENERS = (
    # first number, suffixes, volts, milliamperes of the test
    (746, ("", "A"), "3.3 3.6 3.9 4.3 4.7 5.1 5.6 6.2 6.8 7.5 8.2 9.1 10 12", "20"),
    (957, ("B",), "6.8 7.5 8.2 9.1 10 11 12 13 15 16 18 20", "18.5 16.5 15 14 12.5 11.5 10.5 9.5 "
     "8.5 7.8 7 6.2"),
    (4728, ("", "A"), "3.3 3.6 3.9 4.3 4.7 5.1 5.6 6.2 6.8 7.5 8.2 9.1 10 11 12 13 15 16 18 20 22 "
     "24 27 30 33", "76 69 64 58 53 49 45 41 37 34 31 28 25 23 21 19 17 15.5 14 12.5 11.5 10.5 9.5 "
     "8.5 7.5"),
    (5221, ("", "B"), "2.4 2.5 2.7 2.8 3 3.3 3.6 3.9 4.3 4.7 5.1 5.6 6 6.2 6.8 7.5 8.2 8.7 9.1 10 "
     "11 12 13 14 15 16 17 18", "20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 "
     "9.5 9 8.5 7.8 7.4 7"),
)  # fmt: skip
"""The American series 1N746, 1N957, 1N4728 and 1N5221, in the order of their numbers."""
EUROPEAN = "2V4 2V7 3V0 3V3 3V6 3V9 4V3 4V7 5V1 5V6 6V2 6V8 7V5 8V2 9V1 10 11 12 13 15 16 18 20 24"
EUROPEAN_SERIES = ("BZX55C", "BZX79C", "BZX84C", "BZX85C", "BZV55C", "BZX79-C")

TRIODES = """
12AX7 12AX7A ECC83 ECC83S 7025: 100 1.4 1060 600 300 1.6p 1.7p 0.46p
12AU7 12AU7A ECC82 5814: 21.5 1.3 1180 84 300 1.6p 1.5p 0.5p
12AT7 12AT7A ECC81: 60 1.35 460 300 300 2.2p 1.5p 0.5p
12AY7 6072 6072A: 44.2 1.113 1192 410 300 1.3p 1.3p 0.6p
6DJ8 ECC88 6922: 28 1.3 330 320 300 3.3p 1.4p 1.8p
"""
"""By name: mu, ex, kg1, kp, kvb of N. Koren, "Improved vacuum tube models for SPICE simulations",
Glass Audio 8(5), 1996, and grid-cathode, grid-plate, plate-cathode capacitances of data sheets."""


def family_lines() -> Iterator[str]:
    """Netlist lines of all of them, by the subcircuits ``trimpot_opamp`` and ``trimpot_triode``."""
    for name, (gain, mega, slew, rin, up, down, out) in _rows(AMPLIFIERS):
        yield f".subckt {name} inp inn vp vn out"
        yield (
            f"X1 inp inn vp vn out trimpot_opamp Avol={gain} GBW={mega}Meg Slew={slew}Meg "
            f"Rin={rin} Rail={up} Down={down} Rout={out}"
        )
        yield ".ends"
    for name, (mu, ex, kg1, kp, kvb, cgk, cga, cak) in _rows(TRIODES):
        yield f".subckt {name} a g k"
        yield (
            f"X1 a g k trimpot_triode mu={mu} ex={ex} kg1={kg1} kp={kp} kvb={kvb} "
            f"cgk={cgk} cga={cga} cak={cak}"
        )
        yield ".ends"
    for first, suffixes, volts, currents in ZENERS:
        tests = currents.split()
        for index, voltage in enumerate(volts.split()):
            current = tests[min(index, len(tests) - 1)]
            for suffix in suffixes:
                yield _zener(f"1N{first + index}{suffix}", float(voltage), float(current))
    for text in EUROPEAN.split():
        for series in EUROPEAN_SERIES:
            yield _zener(f"{series}{text}", float(text.replace("V", ".")), 5.0)
            if series == "BZX84C":
                yield _zener(f"{series}{text}L", float(text.replace("V", ".")), 5.0)


def _rows(table: str) -> Iterator[tuple[str, list[str]]]:
    for line in table.strip().splitlines():
        names, _, figures = line.partition(":")
        for name in names.split():
            yield name, figures.split()


def _zener(name: str, volts: float, milliamperes: float) -> str:
    """A Zener diode: 0.7 V forwards, ``volts`` backwards at its test current.

    Below 5.5 V the knee is soft (a diode's exponential of several times its slope), above it sharp.
    """
    soft = 8.0 if volts < 4.0 else 4.0 if volts < 5.5 else 1.5
    return (
        f".model {name} D(Is=1n N=1.8 Rs=1 Cjo=100p M=0.33 BV={volts:g} IBV={milliamperes:g}m "
        f"NBV={soft:g})"
    )
