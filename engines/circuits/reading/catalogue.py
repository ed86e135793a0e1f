"""What devices, models and their parameters there may be: the allow-list."""

from __future__ import annotations

INSTANCE_PARAMS: dict[str, frozenset[str]] = {
    "R": frozenset({"m"}),
    "C": frozenset({"m"}),
    "L": frozenset({"m"}),
    "D": frozenset({"area", "m"}),
    "Q": frozenset({"area", "m"}),
    "J": frozenset({"area", "m"}),
    "M": frozenset({"l", "w", "ad", "as", "pd", "ps", "nrd", "nrs", "m"}),
}
"""Parameters of a device that reach the simulator."""

DROPPED_PARAMS: dict[str, str] = {
    **dict.fromkeys(
        ("mfg", "pn", "type", "tol", "pwr", "irms", "ipk", "vpk", "iave", "dielectric"),
        "It describes the part and does nothing in a simulation.",
    ),
    **dict.fromkeys(
        ("temp", "dtemp", "tc", "tc1", "tc2", "trise", "tnom"),
        "The circuit is simulated at 27 °C throughout.",
    ),
    **dict.fromkeys(
        ("noiseless", "noisy", "scale", "ac", "chan", "tripdv", "tripdt", "nodcpath"),
        "It has no effect here.",
    ),
    "ic": "Every run starts from the circuit's rest.",
    "off": "Every run starts from the circuit's rest.",
}

PARASITICS: dict[str, frozenset[str]] = {
    "C": frozenset({"rser", "lser", "rpar", "cpar"}),
    "L": frozenset({"rser", "rpar", "cpar"}),
    "V": frozenset({"rser", "cpar"}),
}
"""What LTspice puts into a device and ngspice needs beside it."""

MODEL_TYPES: dict[str, tuple[str, ...]] = {
    "D": ("d", "idealdiode"),
    "Q": ("npn", "pnp"),
    "J": ("njf", "pjf"),
    "M": ("nmos", "pmos", "vdmos"),
    "S": ("sw", "smoothsw", "vswitch"),
    "W": ("csw", "smoothcsw", "iswitch"),
}
LEVELS: dict[str, tuple[float, ...]] = {
    "npn": (1,), "pnp": (1,), "d": (1,), "njf": (1,), "pjf": (1,), "nmos": (1, 2, 3),
    "pmos": (1, 2, 3), "vdmos": (1,), "sw": (1,), "csw": (1,), "idealdiode": (1,),
    "vswitch": (1,), "iswitch": (1,),
}  # fmt: skip


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MODEL_PARAMS: dict[str, frozenset[str]] = {
    "d": _words(
        "level is js jsw rs cjo cj0 cj cjp cjsw vj pb php mj m mjsw n ns tt ik ikr ikf nbv isr nr "
        "fc fcs bv ibv eg xti kf af tnom trs1 trs2 tm1 tm2 area pj"
    ),
    "bjt": _words(
        "level is ibe ibc bf nf vaf va ikf ik ise ne br nr var vb ikr isc nc rb irb rbm re rc cje "
        "vje pe mje me tf xtf vtf itf ptf cjc vjc pc mjc mc xcjc tr cjs ccs vjs ps mjs ms xtb eg "
        "xti kf af fc tnom iss ns rco vo gamma qco nkf tre1 tre2 trc1 trc2 trb1 trb2 trm1 trm2 "
        "tbf1 tbf2"
    ),
    "jfet": _words(
        "level vto vt0 beta lambda rd rs cgs cgd pb is fc b tnom kf af betatce vtotc xti eg nlev "
        "gdsnoi"
    ),
    "mos": _words(
        "level vto vt0 kp gamma phi lambda rd rs cbd cbs is pb cgso cgdo cgbo rsh cj mj cjsw mjsw "
        "js tox nsub nss nfs tpg xj ld uo ucrit uexp utra vmax neff kf af fc delta theta eta kappa "
        "tnom"
    ),
    "vdmos": _words(
        "level vto kp phi lambda theta rd rs rg tnom kf af rq vq mtriode tksubthres1 "
        "tksubthres2 subshift ksubthres bv ibv nbv rds rb n tt eg xti is vj fc cjo m "
        "cgdmin cgdmax a cgs mu texp0 texp1"
    ),
    "sw": _words("vt vh ron roff"),
    "csw": _words("it ih ron roff"),
    "vswitch": _words("von voff ron roff"),
    "iswitch": _words("ion ioff ron roff"),
}
MODEL_CLASS = {
    "d": "d", "npn": "bjt", "pnp": "bjt", "njf": "jfet", "pjf": "jfet", "nmos": "mos",
    "pmos": "mos", "vdmos": "vdmos", "sw": "sw", "csw": "csw", "vswitch": "vswitch",
    "iswitch": "iswitch",
}  # fmt: skip

IDEAL_DIODE = _words("ron roff vfwd vrev epsilon revepsilon ilimit revilimit rrev")
"""Parameters of LTspice's diode of straight lines; one of them makes it such a one."""
REWRITTEN_TYPES = ("idealdiode", "smoothsw", "smoothcsw", "vswitch", "iswitch")
"""Models whose devices become laws, so that the simulator never sees them."""

REFUSED_DEVICES = {
    "N": "compiled devices (OSDI) are programs",
    "O": "a transmission line holds a stretch of signal, which no list of states can name",
    "P": "a transmission line holds a stretch of signal, which no list of states can name",
    "T": "a transmission line holds a stretch of signal, which no list of states can name",
    "U": "a distributed or digital line has no states that can be named",
    "Y": "a transmission line holds a stretch of signal, which no list of states can name",
    "Z": "MESFETs and IGBTs are not known here",
}
