"""Netlists that try to run a command, or to touch a file outside: none does.

Each is read; what is not refused is written anew and run by ngspice, in a folder among canaries.
The same texts go straight to ngspice in :func:`test_the_canaries_do_sing`, where some succeed: so
the watch over the canaries is known to work.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from engines.circuits.reading.model import NetlistError
from engines.circuits.reading.reader import read_netlist
from engines.circuits.reading.resolving import resolve
from engines.circuits.reading.writer import write_netlist

SECRET = "4242.4242"
CIRCUIT = "V1 in 0 1\nR1 in out 1k\nC1 out 0 1n\n"


@dataclass(frozen=True)
class Place:
    """A folder for the netlist, and what lies outside it."""

    root: Path

    @property
    def inside(self) -> Path:
        return self.root / "inside"

    @property
    def outside(self) -> Path:
        return self.root / "outside"

    def filled(self, text: str) -> str:
        for word, path in (("@OUT@", self.outside), ("@IN@", self.inside)):
            text = text.replace(word, str(path))
        return text

    def contents(self, folder: Path) -> dict[str, bytes | None]:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
            for path in sorted(folder.rglob("*"))
        }


@pytest.fixture
def place(tmp_path: Path) -> Place:
    found = Place(tmp_path / "place")
    for folder in (found.inside, found.outside, found.root / "home"):
        folder.mkdir(parents=True)
    (found.outside / "secret.inc").write_text(f"R9 in 0 {SECRET}\n.param secret={SECRET}\n")
    (found.outside / "standard.dio").write_text(f"R9 in 0 {SECRET}\n")
    (found.outside / "signal.txt").write_text("0 0\n1 1\n")
    (found.root / "home" / "secret.inc").write_text(f"R9 in 0 {SECRET}\n")
    (found.inside / "control.inc").write_text(
        f".control\nshell touch {found.outside}/pwned\n.endc\n"
    )
    (found.inside / "up.inc").write_text(".include ../outside/secret.inc\n")
    (found.inside / "shout.inc").write_text(f".InClUdE '{found.outside}/secret.inc'\n")
    (found.inside / "self.inc").write_text(".include self.inc\n")
    (found.inside / ".spiceinit").write_text(f"shell touch {found.outside}/pwned\n")
    (found.inside / "link.inc").symlink_to(found.outside / "secret.inc")
    (found.inside / "linked").symlink_to(found.outside)
    os.mkfifo(found.inside / "pipe.inc")
    return found


def run(text: str, place: Place, *flags: str) -> str:
    """ngspice on a text, in the netlist's folder; what it says."""
    (place.inside / "run.cir").write_text(text)
    environment = {**os.environ, "HOME": str(place.root / "home"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        ["ngspice", *flags, "-b", "run.cir"],
        cwd=place.inside, env=environment, capture_output=True, timeout=60, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def current_of(said: str, source: str) -> float:
    """A source's current in what ngspice prints of an operating point."""
    found = re.search(rf"^\s*{source}#branch\s+(\S+)", said, re.M)
    assert found is not None, said
    return float(found[1])


CONTROL = ".control\nshell touch @OUT@/pwned\n.endc\n"
A_SIGNAL = "A1 %vd([in 0]) f\n.model f filesource(file='@OUT@/signal.txt')\n"
A_SOURCE = "A1 [in] f\n.model f d_source(input_file='@OUT@/signal.txt')\n"
DOUBLING = "".join(f".func f{n}(x) {{f{n + 1}(x)+f{n + 1}(x)}}\n" for n in range(19))
TRIPLING = "".join(
    f".subckt s{n} a\nX1 a s{n + 1}\nX2 a s{n + 1}\nX3 a s{n + 1}\n.ends\n" for n in range(14)
)
REFUSED = {
    "control": f"t\n{CIRCUIT}{CONTROL}",
    "control in odd case": f"t\n{CIRCUIT}" + CONTROL.replace(".control", "\t .CoNtRoL"),
    "control split by a continuation": f"t\n{CIRCUIT}.con\n+trol\nshell touch @OUT@/pwned\n.endc\n",
    "control continued after a word": f"t\n{CIRCUIT}.control\n+ shell\nshell touch @OUT@/pwned\n",
    "control with a comment in its middle": f"t\n{CIRCUIT}.control;x\nshell touch @OUT@/pwned\n",
    "control with a dollar": f"t\n{CIRCUIT}.control $x\nshell touch @OUT@/pwned\n.endc\n",
    "control by carriage returns alone": f"t\n{CIRCUIT}".replace("\n", "\r")
    + CONTROL.replace("\n", "\r"),
    "control in a subcircuit": f"t\n{CIRCUIT}.subckt s a\n{CONTROL}R1 a 0 1\n.ends\n",
    "control in an included file": f"t\n{CIRCUIT}.include control.inc\n",
    "endc alone": f"t\n{CIRCUIT}.endc\n",
    "a letter that looks like a dot": f"t\n{CIRCUIT}\uff0econtrol\nshell touch @OUT@/pwned\n",
    "a joiner within the word": f"t\n{CIRCUIT}.con\u200btrol\nshell touch @OUT@/pwned\n",
    "a zero byte": f"t\n{CIRCUIT}.con\x00trol\nshell touch @OUT@/pwned\n.endc\n",
    "a zero byte in a line": f"t\nV1 in 0 1\x00\n{CONTROL}",
    "an escape character": f"t\n{CIRCUIT}\x1b.control\nshell touch @OUT@/pwned\n",
    "shell outside control": f"t\n{CIRCUIT}shell touch @OUT@/pwned\n",
    "system outside control": f"t\n{CIRCUIT}system touch @OUT@/pwned\n",
    "source a script": f"t\n{CIRCUIT}source @OUT@/secret.inc\n",
    "set a variable": f"t\n{CIRCUIT}set sourcepath=( @OUT@ )\n",
    "load a code model": f"t\n{CIRCUIT}codemodel @OUT@/evil.cm\n",
    "a backquoted line": f"t\n{CIRCUIT}`touch @OUT@/pwned`\n",
    "a piped line": f"t\n{CIRCUIT}| touch @OUT@/pwned\n",
    "exec": f"t\n{CIRCUIT}.exec touch @OUT@/pwned\n",
    "shell command with a dot": f"t\n{CIRCUIT}.shell touch @OUT@/pwned\n",
    "csparam": f"t\n{CIRCUIT}.csparam x='touch @OUT@/pwned'\n",
    "osdi": f"t\n{CIRCUIT}.pre_osdi @OUT@/evil.osdi\n",
    "hdl": f"t\n{CIRCUIT}.hdl '@OUT@/evil.va'\n",
    "compiled device": f"t\n{CIRCUIT}N1 in 0 evil\n.model evil evil(x=1)\n",
    "write": f"t\n{CIRCUIT}.write @OUT@/pwned v(out)\n",
    "savebias": f"t\n{CIRCUIT}.savebias @OUT@/pwned time=1\n",
    "loadbias": f"t\n{CIRCUIT}.loadbias @OUT@/secret.inc\n",
    "ferret": f"t\n{CIRCUIT}.ferret http://127.0.0.1:9/x\n",
    "if": f"t\n{CIRCUIT}.if (1)\n.include @OUT@/secret.inc\n.endif\n",
    "include an absolute path": f"t\n{CIRCUIT}.include @OUT@/secret.inc\n",
    "include a path in quotes": f't\n{CIRCUIT}.INCLUDE "@OUT@/secret.inc"\n',
    "include with an equals sign": f"t\n{CIRCUIT}.include=@OUT@/secret.inc\n",
    "inc": f"t\n{CIRCUIT}.inc @OUT@/secret.inc\n",
    "an abbreviation that ngspice takes": f"t\n{CIRCUIT}.incXYZ @OUT@/secret.inc\n",
    "include with a tab": f"t\n{CIRCUIT}\t.Include\t'@OUT@/secret.inc'\n",
    "include by a continuation": f"t\n{CIRCUIT}.include\n+ @OUT@/secret.inc\n",
    "include upwards": f"t\n{CIRCUIT}.include ../outside/secret.inc\n",
    "include upwards from below": f"t\n{CIRCUIT}.include linked/../../outside/secret.inc\n",
    "include upwards by backslashes": f"t\n{CIRCUIT}.include ..\\outside\\secret.inc\n",
    "include from home": f"t\n{CIRCUIT}.include ~/secret.inc\n",
    "include from a variable": f"t\n{CIRCUIT}.include $HOME/secret.inc\n",
    "include from a variable in braces": f"t\n{CIRCUIT}.include '${{HOME}}/secret.inc'\n",
    "include from a Windows variable": f"t\n{CIRCUIT}.include %USERPROFILE%\\secret.inc\n",
    "include from another machine": f"t\n{CIRCUIT}.include \\\\server\\share\\secret.inc\n",
    "include from a drive": f"t\n{CIRCUIT}.include C:\\secret.inc\n",
    "include from a drive's folder": f"t\n{CIRCUIT}.include C:secret.inc\n",
    "include a hidden file": f"t\n{CIRCUIT}.include .spiceinit\n",
    "include from a hidden folder": f"t\n{CIRCUIT}.include .ssh/secret.inc\n",
    "include a device of Windows": f"t\n{CIRCUIT}.include aux.inc\n",
    "include a second stream": f"t\n{CIRCUIT}.include control.inc:hidden\n",
    "include by an address": f"t\n{CIRCUIT}.include file://@OUT@/secret.inc\n",
    "include by a link": f"t\n{CIRCUIT}.include link.inc\n",
    "include by a linked folder": f"t\n{CIRCUIT}.include linked/secret.inc\n",
    "an included file that goes up": f"t\n{CIRCUIT}.include up.inc\n",
    "an included file that shouts": f"t\n{CIRCUIT}.include shout.inc\n",
    "an included file that includes itself": f"t\n{CIRCUIT}.include self.inc\n",
    "include a pipe": f"t\n{CIRCUIT}.include pipe.inc\n",
    "include a device": f"t\n{CIRCUIT}.include /dev/zero\n",
    "include a folder": f"t\n{CIRCUIT}.include linked\n",
    "a section of a library outside": f"t\n{CIRCUIT}.lib @OUT@/secret.inc typical\n",
    "include in a subcircuit": f"t\n{CIRCUIT}.subckt s a\n.include @OUT@/secret.inc\n.ends\n",
    "a signal from a file": f"t\n{CIRCUIT}{A_SIGNAL}",
    "a model with a file": f"t\n{CIRCUIT}{A_SOURCE}",
    "a table from a file": f't\n{CIRCUIT}A1 in out t\n.model t table2d(file="@OUT@/signal.txt")\n',
    "corners from a file": f't\n{CIRCUIT}V2 b 0 PWL file="@OUT@/signal.txt"\nR2 b 0 1\n',
    "corners from a file in brackets": f"t\n{CIRCUIT}V2 b 0 PWL(file=@OUT@/signal.txt)\nR2 b 0 1\n",
    "a function that reads": f't\n{CIRCUIT}B1 b 0 V=readfile("@OUT@/secret.inc")\nR2 b 0 1\n',
    "a function that runs": f"t\n{CIRCUIT}B1 b 0 V=system(1)\nR2 b 0 1\n",
    "a text in a formula": f't\n{CIRCUIT}B1 b 0 V="touch @OUT@/pwned"\nR2 b 0 1\n',
    "a text parameter": f't\n{CIRCUIT}.param p="@OUT@/secret.inc"\nR2 in 0 {{p}}\n',
    "a backquoted parameter": f"t\n{CIRCUIT}.param p=`touch @OUT@/pwned`\n",
    "a table of lines": f"t\n{CIRCUIT}.table x\n",
    "numbers beyond all bounds": f"t\n{CIRCUIT}R2 in 0 1e999\n",
    "a formula beyond all bounds": f"t\n{CIRCUIT}.param p={{1/0}}\nR2 in 0 {{p}}\n",
    "parameters in a circle": f"t\n{CIRCUIT}.param a={{b}} b={{a}}\nR2 in 0 {{a}}\n",
    "a subcircuit in itself": f"t\n{CIRCUIT}X1 in s\n.subckt s a\nX1 a s\n.ends\n",
    "subcircuits in each other": f"t\n{CIRCUIT}X1 in s\n.subckt s a\nX1 a r\n.ends\n"
    ".subckt r a\nX1 a s\n.ends\n",
    "a million million elements": f"t\n{CIRCUIT}X0 in s0\n{TRIPLING}"
    ".subckt s14 a\nR1 a 0 1\n.ends\n",
    "a function in itself": f"t\n{CIRCUIT}.func f(x) {{f(x)+1}}\nR2 in 0 {{f(1)}}\n",
    "functions that double": f"t\n{CIRCUIT}{DOUBLING}.func f19(x) {{x+1}}\nR2 in 0 {{f0(1)}}\n",
    "functions that double on every line": f"t\n{CIRCUIT}{DOUBLING}.func f19(x) {{x+1}}\n"
    + "".join(f".param p{n}={{f9(1)}}\n" for n in range(1900)),
    "parameters that double": f"t\n{CIRCUIT}.param p0=1\n"
    + "".join(f".param p{n + 1}={{p{n}*p{n}+p{n}}}\n" for n in range(60))
    + "R2 in 0 {p60}\n",
    "brackets in functions in brackets": f"t\n{CIRCUIT}"
    + "".join(f".func f{n}(x) {{((((((((f{n + 1}(x)))))))))}}\n" for n in range(30))
    + ".func f30(x) {x}\nR2 in 0 {f0(1)}\n",
    "arguments that double": f"t\n{CIRCUIT}.func f(x) {{x+x}}\n"
    f"R2 in 0 {{{'f(' * 30}1{')' * 30}}}\n",
    "signs that double": f"t\n{CIRCUIT}.param a=1\nR2 in 0 {{{'pwrs(' * 30}a{',2)' * 30}}}\n",
    "brackets a hundred thousand deep": f"t\n{CIRCUIT}R2 in 0 {{{'(' * 9000}1{')' * 9000}}}\n",
    "signs a hundred thousand deep": f"t\n{CIRCUIT}R2 in 0 {{{'-' * 15000}1}}\n",
    "a line without end": f"t\n{CIRCUIT}R2 in 0 {'1' * 30_000}\n",
    "continuations without end": f"t\n{CIRCUIT}R2 in 0 1\n" + f"+ {'m' * 3000}=1\n" * 50,
    "lines without end": f"t\n{CIRCUIT}" + "\n" * 30_000,
    "elements without end": f"t\n{CIRCUIT}" + "".join(f"R{n} a 0 1\n" for n in range(2, 9000)),
    "a pole of noise": f"t\n{CIRCUIT}V2 b 0 trnoise(1 1 1 1)\nR2 b 0 1\n",
    "a filter that is text": f't\n{CIRCUIT}E1 b 0 in 0 Laplace="`touch @OUT@/pwned`"\nR2 b 0 1\n',
    "a filter that runs": f"t\n{CIRCUIT}E1 b 0 in 0 Laplace=1/(1+system(s))\nR2 b 0 1\n",
    "a filter from a file": f"t\n{CIRCUIT}E1 b 0 in 0 Laplace=file('@OUT@/signal.txt')\nR2 b 0 1\n",
    "a filter of a high order": f"t\n{CIRCUIT}E1 b 0 in 0 Laplace=1/(1+s)**1e9\nR2 b 0 1\n",
    "filters that double": f"t\n{CIRCUIT}.param p=1\nR2 b 0 1\n"
    f"E1 b 0 in 0 Laplace={{1/{'(p+s)*' * 40}1}}\n",
    "a filter that overflows": f"t\n{CIRCUIT}E1 b 0 in 0 Laplace=1/(1+1e300*s)**9\nR2 b 0 1\n",
    "derivatives without end": f"t\n{CIRCUIT}B1 b 0 V={'ddt(' * 300}V(in){')' * 300}\nR2 b 0 1\n",
    "integrals on every line": f"t\n{CIRCUIT}"
    + "".join(f"B{n} b{n} 0 V={'+'.join(['idt(V(in))'] * 90)}\n" for n in range(60)),
    "models like each other": f"t\n{CIRCUIT}D1 in 0 a\n.model a ako:b\n.model b ako:a\n",
    "a model like a file": f"t\n{CIRCUIT}D1 in 0 a\n.model a ako:@OUT@/secret.inc d(is=1)\n",
    "a source of XSPICE": f"t\n{CIRCUIT}.model x filesource(file='@OUT@/signal.txt')\nA1 [in] x\n",
    "a charge that runs": f"t\n{CIRCUIT}C2 in 0 Q=`touch @OUT@/pwned`\n",
    "a resistance that runs": f"t\n{CIRCUIT}R2 in 0 R=system('touch @OUT@/pwned')\n",
    "braces in braces": f"t\n{CIRCUIT}R2 in 0 {'{' * 500}1{'}' * 500}\n",
    "a missing file that commands": f"t\n{CIRCUIT}.include `touch @OUT@/pwned`\n",
    "a copy's name that goes up": f"t\n{CIRCUIT}.include C:\\x\\..\\..\\outside\\..\n",
    "a linked copy beside it": f"t\n{CIRCUIT}.include C:\\x\\link.inc\n",
    "a hidden copy beside it": f"t\n{CIRCUIT}.include C:\\x\\.spiceinit\n",
    "a copy that is a script": f"t\n{CIRCUIT}.include /somewhere/control.inc\n",
    "other names that never end": f"t\n{CIRCUIT}.aliases\n{CONTROL}.include @OUT@/secret.inc\n",
    "no closing quotation mark": f't\n{CIRCUIT}.include "@OUT@/secret.inc\n',
}  # fmt: skip

CLEANED = {
    "commands among other names": f"t\n{CIRCUIT}.aliases\nshell touch @OUT@/pwned\n.control\n"
    ".endaliases\n",
    "a file that isn't there": f"t\n{CIRCUIT}.include nothing.inc\n",
    "a range of commands": f"t\n{CIRCUIT}.step param x list 1 `touch_@OUT@/pwned` 2\n",
    "a probe of a command": f"t\n{CIRCUIT}.wave @OUT@/pwned 16 44.1k V(`touch_@OUT@/pwned`)\n",
    "a model that isn't closed": f"t\n{CIRCUIT}D1 in 0 dd\n.model dd d(is=1f file=@OUT@/x\n",
    "a flag that is a command": f"t\n{CIRCUIT}D1 in 0 dd\n.model dd d(is=1f `touch_@OUT@/pwned`)\n",
    "a script's first line": f"*ng_script\n{CIRCUIT}",
    "a script's first line with parameters": f"*ng_script_with_params\n{CIRCUIT}",
    "a command for a title": f".control\n{CIRCUIT}",
    "a title that carries on": f"shell touch @OUT@/pwned\n{CIRCUIT}",
    "commands in a comment": f"t\n{CIRCUIT}* .control\n*shell touch @OUT@/pwned\n;.endc\n",
    "commands after the end": f"t\n{CIRCUIT}.end\n{CONTROL}",
    "a recording outside": "t\nV1 in 0 wavefile=@OUT@/signal.txt\nR1 in out 1k\nC1 out 0 1n\n",
    "a library of LTspice's name": f"t\n{CIRCUIT}.lib @OUT@/standard.dio\n",
    "audio outside": f"t\n{CIRCUIT}.wave @OUT@/pwned 16 44100 V(out)\n.tran 1m\n",
    "print to a file": f"t\n{CIRCUIT}.tran 1u 1m\n.print tran v(out) > @OUT@/pwned\n",
    "measure to a file": f"t\n{CIRCUIT}.tran 1u 1m\n.meas tran x max v(out) > @OUT@/pwned\n",
    "save to a file": f"t\n{CIRCUIT}.save file=@OUT@/pwned all\n",
    "options with a file": f'.t\n{CIRCUIT}.options logfile="@OUT@/pwned" rawfile=@OUT@/pwned\n',
    "a probe with commands": f"t\n{CIRCUIT}.probe v(out)`touch @OUT@/pwned`\n",
    "a node that is a command": "t\nV1 `touch_@OUT@/pwned` 0 1\nR1 `touch_@OUT@/pwned` 0 1k\n",
    "a node in dollars": "t\nV1 a$HOME/pwned 0 1\nR1 a$HOME/pwned 0 1k\n",
    "a device that is a command": "t\nV1 in 0 1\nR`touch@OUT@/pwned` in 0 1k\n",
    "a maker that is a command": f"t\n{CIRCUIT}D1 in 0 dd\n"
    '.model dd d(is=1f mfg="`touch @OUT@/x`")\n',
    "a model's file as a parameter": f't\n{CIRCUIT}D1 in 0 dd\n.model dd d(is=1f file="@OUT@/x")\n',
    "a line feed of another alphabet": f"t\n{CIRCUIT}R2 in 0 1k mfg=x"
    "\u2028.control\u2028\x85.endc\n",
    "a spiceinit beside it": f"t\n{CIRCUIT}",
    "words for a shell as parameters": f"t\n{CIRCUIT}.param shell=1 control=2\nR2 in 0 {{shell}}\n",
}  # fmt: skip


def _name(case: str) -> str:
    return re.sub(r"\W+", "-", case)


def check_untouched(place: Place, before: dict[str, bytes | None]) -> None:
    """Outside nothing came, went or changed; inside there is the run's own alone."""
    after = place.contents(place.root)
    own = {"inside/run.cir"}
    assert {name: data for name, data in after.items() if name not in own} == before


@pytest.mark.parametrize("case", REFUSED, ids=_name)
@pytest.mark.timeout(20)
def test_refused(case: str, place: Place) -> None:
    before = place.contents(place.root)
    with pytest.raises(NetlistError) as error:
        # That a formula has no value is found where it is computed.
        resolve(read_netlist(place.filled(REFUSED[case]), place.inside))
    assert SECRET not in str(error.value)
    assert str(error.value).endswith(".")
    assert len(str(error.value)) < 500
    check_untouched(place, before)


@pytest.mark.usefixtures("ngspice")
@pytest.mark.parametrize("case", CLEANED, ids=_name)
def test_cleaned_and_run(case: str, place: Place) -> None:
    before = place.contents(place.root)
    netlist = read_netlist(place.filled(CLEANED[case]), place.inside)
    text = write_netlist(netlist)
    for line in text.splitlines():
        assert line.isascii()
        assert re.match(r"\* Circuit:|\.(param|model|subckt|ends|global|end)\b|[A-Za-z]\w+ ", line)
    assert str(place.outside) not in text
    assert not re.search(r"[`$\"\\;&|<>]|\.\.|/\w*pwned|file|control$", text)
    said = run(text.removesuffix(".end\n") + ".op\n.end\n", place, "-n")
    assert "No. of Data Rows : 1" in said, said
    assert SECRET not in said
    assert current_of(said, "v1") != pytest.approx(-1 / float(SECRET), rel=1e-3)
    check_untouched(place, before)


@pytest.mark.usefixtures("ngspice")
def test_the_canaries_do_sing(place: Place) -> None:
    """Straight to ngspice, such texts do run commands and read files; so the watch is no sham."""
    run(place.filled(f"t\n{CIRCUIT}{CONTROL}.end\n"), place, "-n")
    assert (place.outside / "pwned").exists()
    (place.outside / "pwned").unlink()
    run(f"t\n{CIRCUIT}.op\n.end\n", place)  # without -n, .spiceinit of the folder is obeyed
    assert (place.outside / "pwned").exists()
    said = run(place.filled(f"t\n{CIRCUIT}.incXYZ '@OUT@/secret.inc'\n.op\n.end\n"), place, "-n")
    assert current_of(said, "v1") == pytest.approx(-1 / float(SECRET), rel=1e-3)


def test_there_are_enough() -> None:
    assert len(REFUSED) + len(CLEANED) >= 25


def test_a_folder_is_needed_to_include(place: Place) -> None:
    with pytest.raises(NetlistError, match=r"Line 2: .* lies in no folder"):
        read_netlist("t\n.include parts.lib\n", None)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file")
def test_too_large_a_file_is_not_read(place: Place) -> None:
    with (place.inside / "huge.lib").open("wb") as stream:
        stream.truncate(50_000_000_000)
    with pytest.raises(NetlistError, match="larger than"):
        read_netlist("t\n.include huge.lib\n", place.inside)
    (place.inside / "huge.lib").unlink()
