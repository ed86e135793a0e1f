"""A circuit's folder: what is written is read, and nothing outside of the project is touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from projects.circuits import (
    CIRCUIT_FILE,
    MAX_NETLIST_BYTES,
    NETLIST_FILE,
    CircuitKnob,
    CircuitSheet,
    circuit_folder,
    circuits_of,
    create_circuit,
    read_circuit,
    read_netlist_text,
    remove_circuit,
    write_netlist_text,
)
from projects.errors import FileFormatError, NewerSchemaError, ProjectError, UnsafePathError

TEXT = "A title with µ and §\nR1 in out 1k\n.end\n"
KNOB = CircuitKnob(param="gain", name="Gain", minimum=0.0, maximum=10.0, default=2.0, unit="dB")


def sheet(circuit_id: str = "fuzz-1", **changes: Any) -> CircuitSheet:
    told = {"id": circuit_id, "name": "Fuzz", "input": "V1", "output": "out", "knobs": (KNOB,)}
    return CircuitSheet.model_validate({**told, **changes})


def test_what_is_written_is_read(tmp_path: Path) -> None:
    made = sheet(left_out=("vC2",), drive=4.5, steps=8, method="gear", settle_seconds=0.1)
    folder = create_circuit(tmp_path, made, TEXT)
    assert circuits_of(tmp_path) == ["fuzz-1"]
    assert read_circuit(folder) == made
    assert read_netlist_text(folder) == TEXT
    write_netlist_text(folder, TEXT + "* more\n")
    assert read_netlist_text(folder).endswith("* more\n")
    with pytest.raises(ProjectError, match="already"):
        create_circuit(tmp_path, made, TEXT)
    remove_circuit(tmp_path, "fuzz-1")
    assert circuits_of(tmp_path) == []


def test_a_copied_folder_is_a_circuit_of_its_own(tmp_path: Path) -> None:
    folder = create_circuit(tmp_path, sheet(), TEXT)
    folder.rename(folder.with_name("fuzz-2"))
    assert read_circuit(circuit_folder(tmp_path, "fuzz-2")).id == "fuzz-2"


@pytest.mark.parametrize("wrong", ["", "..", ".", "../captures", "a/b", "/etc", "Fuzz", "a\x00b"])
def test_an_id_that_is_none(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(FileFormatError, match="no circuit"):
        circuit_folder(tmp_path, wrong)


def test_a_folder_that_leads_out_is_no_circuit(tmp_path: Path) -> None:
    project, outside = tmp_path / "P", tmp_path / "outside"
    create_circuit(outside, sheet("secret"), TEXT)
    (project / "circuits").mkdir(parents=True)
    (project / "circuits" / "linked").symlink_to(outside / "circuits" / "secret")
    with pytest.raises(UnsafePathError):
        circuit_folder(project, "linked")
    assert circuits_of(project) == []
    with pytest.raises(UnsafePathError):
        remove_circuit(project, "linked")
    assert circuits_of(outside) == ["secret"]


def test_circuits_that_all_lead_out(tmp_path: Path) -> None:
    project, outside = tmp_path / "P", tmp_path / "outside"
    create_circuit(outside, sheet("secret"), TEXT)
    project.mkdir()
    (project / "circuits").symlink_to(outside / "circuits")
    assert circuits_of(project) == []
    with pytest.raises(UnsafePathError):
        circuit_folder(project, "secret")


@pytest.mark.parametrize("name", [CIRCUIT_FILE, NETLIST_FILE])
def test_a_file_that_leads_out_is_not_read(tmp_path: Path, name: str) -> None:
    folder = create_circuit(tmp_path / "P", sheet(), TEXT)
    secret = tmp_path / "secret"
    secret.write_text(sheet().model_dump_json() if name == CIRCUIT_FILE else "secret words")
    (folder / name).unlink()
    (folder / name).symlink_to(secret)
    read = read_circuit if name == CIRCUIT_FILE else read_netlist_text
    with pytest.raises(UnsafePathError):
        read(folder)


@pytest.mark.parametrize("name", [CIRCUIT_FILE, NETLIST_FILE])
def test_a_missing_file(tmp_path: Path, name: str) -> None:
    folder = create_circuit(tmp_path, sheet(), TEXT)
    (folder / name).unlink()
    read = read_circuit if name == CIRCUIT_FILE else read_netlist_text
    with pytest.raises(FileFormatError, match="missing"):
        read(folder)


def test_a_netlist_that_is_too_large(tmp_path: Path) -> None:
    folder = create_circuit(tmp_path, sheet(), TEXT)
    (folder / NETLIST_FILE).write_bytes(b"*" * (MAX_NETLIST_BYTES + 1))
    with pytest.raises(FileFormatError, match="larger"):
        read_netlist_text(folder)


def test_saved_by_a_newer_trimpot(tmp_path: Path) -> None:
    folder = create_circuit(tmp_path, sheet(), TEXT)
    told = {**json.loads((folder / CIRCUIT_FILE).read_text()), "schema_version": 2}
    (folder / CIRCUIT_FILE).write_text(json.dumps(told))
    with pytest.raises(NewerSchemaError, match="newer Trimpot"):
        read_circuit(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"drive": 0.0},
        {"steps": 0},
        {"steps": 65},
        {"method": "euler"},
        {"settle_seconds": 0.0},
        {"dialect": "pspice"},
        {"output": "o" * 101},
        {"left_out": ["v"] * 1001},
        {"knobs": (KNOB, KNOB)},
        {"knobs": (KNOB, KNOB.model_copy(update={"name": "Other", "param": "GAIN"}))},
        {"knobs": ({**KNOB.model_dump(), "param": "gain} .shell"},)},
        {"shell": "rm"},
    ],
)
def test_a_sheet_that_is_none(tmp_path: Path, changes: dict[str, Any]) -> None:
    folder = create_circuit(tmp_path, sheet(), TEXT)
    told = {**json.loads((folder / CIRCUIT_FILE).read_text()), **_plain(changes)}
    (folder / CIRCUIT_FILE).write_text(json.dumps(told))
    with pytest.raises(FileFormatError, match="damaged"):
        read_circuit(folder)
    with pytest.raises(ValidationError):
        sheet(**changes)


def _plain(changes: dict[str, Any]) -> dict[str, Any]:
    return {
        name: [k.model_dump() if isinstance(k, CircuitKnob) else k for k in value]
        if isinstance(value, tuple)
        else value
        for name, value in changes.items()
    }
