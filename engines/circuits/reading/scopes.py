"""Which statement belongs where: dot commands by an allow-list, subcircuits by their brackets."""

from __future__ import annotations

from dataclasses import dataclass, field

from engines.circuits.reading.includes import short
from engines.circuits.reading.lines import Statement
from engines.circuits.reading.model import Change

MAX_NESTED_DEFINITIONS = 8
MAX_SCOPES = 1000

LEFT_OUT = {
    **dict.fromkeys(
        (".tran", ".ac", ".dc", ".op", ".tf", ".noise", ".four", ".sens", ".pz", ".disto", ".net"),
        "Trimpot says itself what is to be simulated.",
    ),
    **dict.fromkeys(
        (".save", ".probe", ".print", ".plot", ".meas", ".measure", ".width", ".four"),
        "Trimpot chooses itself what is kept of a simulation.",
    ),
    ".wave": "Trimpot writes the audio itself.",
    **dict.fromkeys(
        (".options", ".option", ".opt", ".temp"),
        "The solver's settings are Trimpot's own (27 °C).",
    ),
    **dict.fromkeys((".watch", ".distribution", ".autoconverge", ".text"), "It is PSpice's own."),
    ".backanno": "It concerns LTspice's drawing only.",
    ".title": "The first line is the title.",
}
"""Commands that do nothing to the circuit: they are left out, and that is said."""

REFUSED = {
    ".control": "the commands from .control to .endc are a program, and Trimpot runs none. Remove "
    "them; what to simulate is chosen in Trimpot",
    ".endc": "it ends a .control block, and Trimpot runs none. Remove it",
    ".exec": "it would run a program",
    ".shell": "it would run a program",
    ".csparam": "it hands values to a .control program, and Trimpot runs none. Use .param",
    ".write": "it would write a file",
    ".savebias": "it would write a file",
    ".loadbias": "it would read a file",
    ".savestate": "it would write a file",
    ".loadstate": "it would read a file",
    ".ferret": "it would fetch a file from the net",
    ".machine": "LTspice's state machines are unknown to ngspice",
    ".if": "parts of a circuit under conditions are not known here. Keep the branch you mean",
    ".protect": "protected text is not known here",
    ".hdl": "it loads a compiled program",
    ".osdi": "it loads a compiled program",
    ".pre_osdi": "it loads a compiled program",
    ".codemodel": "it loads a compiled program",
}
"""Sentences for commands that someone may try. Any that is in no table is refused as well."""

KEPT = frozenset([".param", ".params", ".model", ".func", ".ic", ".nodeset", ".global", ".step"])


@dataclass
class Scope:
    """A netlist's top (``header`` None) or the inside of a ``.subckt``, still as statements."""

    header: Statement | None
    parent: Scope | None = None
    elements: list[Statement] = field(default_factory=list)
    commands: dict[str, list[Statement]] = field(default_factory=dict)
    inner: list[Scope] = field(default_factory=list)
    left_out: list[Statement] = field(default_factory=list)

    def of(self, *commands: str) -> list[Statement]:
        """The statements of some commands, in order."""
        return [line for command in commands for line in self.commands.get(command, [])]


def scopes_of(found: list[Statement]) -> tuple[Scope, list[Change]]:
    """Sort the statements into scopes.

    PSpice's lists of other names (``.aliases`` to ``.endaliases``) are passed over.

    Raises
    ------
    NetlistError
        A command that is not on the list, a device that SPICE doesn't have, an open subcircuit.
    """
    top = here = Scope(None)
    changes: list[Change] = []
    depth, count = 0, 0
    aliases: Statement | None = None
    for statement in found:
        word = statement.word
        if aliases is not None or word == ".aliases":
            aliases = None if word == ".endaliases" else aliases or statement
            if aliases is statement:
                changes.append(
                    Change(
                        statement.line, word, "", "PSpice's list of other names.", statement.file
                    )
                )
            continue
        if word == ".subckt":
            depth, count = depth + 1, count + 1
            if depth > MAX_NESTED_DEFINITIONS or count > MAX_SCOPES:
                raise statement.error("there are too many subcircuits, or in too many others.")
            here = Scope(statement, here)
            assert here.parent is not None
            here.parent.inner.append(here)
        elif word == ".ends":
            if here.parent is None:
                raise statement.error(".ends ends no subcircuit.")
            here, depth = here.parent, depth - 1
        elif word.startswith("."):
            _command(statement, here, changes)
        elif "a" <= word[0] <= "z":
            here.elements.append(statement)
        else:
            raise statement.error(
                f"it begins with {word[0]!r}, which no device or command does "
                f"({short(statement.text, 40)})."
            )
    if aliases is not None:
        raise aliases.error("this list is not ended by .endaliases.")
    if here.header is not None:
        raise here.header.error("this subcircuit is not ended by .ends.")
    return top, changes


def _command(statement: Statement, here: Scope, changes: list[Change]) -> None:
    word = statement.word
    if word in KEPT:
        here.commands.setdefault(word, []).append(statement)
    elif word in LEFT_OUT:
        here.left_out.append(statement)
        changes.append(
            Change(statement.line, short(statement.text), "", LEFT_OUT[word], statement.file)
        )
    elif word in REFUSED:
        raise statement.error(f"{short(word, 30)} is refused: {REFUSED[word]}.")
    else:
        raise statement.error(
            f"the command {short(word, 30)!r} is not known here, and what is unknown does not "
            "reach the simulator. Remove the line if the circuit doesn't need it."
        )
