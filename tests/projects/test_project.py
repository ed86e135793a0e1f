from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from pydantic import ValidationError

from projects.capture import (
    Capture,
    Signal,
    read_capture,
    signal_path,
    signal_place,
    write_capture,
)
from projects.errors import (
    FileFormatError,
    NewerSchemaError,
    ProjectError,
    ProjectLockedError,
    StorageError,
    UnsafePathError,
)
from projects.jobs import Job, JobKind, Status, read_status, worker_lock, write_status
from projects.manifest import Control, Edits, Manifest, Section, Split
from projects.migrations import migrate
from projects.project import Project, folder_name, used_captures, with_capture
from projects.splits import split_by_time

SAMPLES = Path(__file__).resolve().parent.parent / "formats"


def make_capture(folder: Path, capture_id: str = "pair-1", n_samples: int = 48_000 * 4) -> Capture:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(3)
    for name in ("dry.wav", "wet.wav"):
        soundfile.write(folder / name, rng.normal(0, 0.1, n_samples).astype(np.float32), 48_000)
    capture = Capture(
        id=capture_id,
        name="A pair",
        sample_rate=48_000,
        n_samples=n_samples,
        dry_id="ab" * 32,
        signals=(
            Signal(name="dry", role="dry", file="dry.wav"),
            Signal(name="wet", role="wet", file="wet.wav"),
        ),
    )
    write_capture(folder, capture)
    return capture


def test_create_save_open(tmp_path: Path) -> None:
    with Project.create(tmp_path / "MyFuzz", "My Fuzz") as project:
        control = Control(name="drive", minimum=0, maximum=10, default=5)
        project.save(project.manifest.model_copy(update={"controls": (control,)}))
    with Project.open(tmp_path / "MyFuzz" / "project.json") as project:
        assert project.manifest.name == "My Fuzz"
        assert project.manifest.controls == (control,)


def test_a_project_is_not_made_over_something(tmp_path: Path) -> None:
    (tmp_path / "song.wav").write_bytes(b"x")
    with pytest.raises(ProjectError, match="not empty"):
        Project.create(tmp_path)
    assert (tmp_path / "song.wav").read_bytes() == b"x"


def test_second_window_is_told(tmp_path: Path) -> None:
    with (
        Project.create(tmp_path / "p"),
        pytest.raises(ProjectLockedError, match="another Trimpot window"),
    ):
        Project.open(tmp_path / "p")
    Project.open(tmp_path / "p").close()


def test_lock_is_free_after_kill(tmp_path: Path) -> None:
    Project.create(tmp_path / "p").close()
    code = (
        "import sys,os,signal;from pathlib import Path;from projects.project import Project;"
        "p=Project.open(Path(sys.argv[1]));print('open',flush=True);os.kill(os.getpid(),9)"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "p")], cwd=root, capture_output=True, text=True
    )
    assert done.stdout.strip() == "open"
    Project.open(tmp_path / "p").close()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "not valid JSON"),
        ("[]", "no schema version"),
        ('{"schema_version": 1}', "is damaged: name"),
        ('{"schema_version": true, "name": "x"}', "no schema version"),
        ('{"schema_version": 1, "name": "x", "captures": [{"id": "../../x"}]}', "damaged"),
    ],
)
def test_corrupt_manifest_is_left_alone(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "project.json").write_text(content)
    with pytest.raises(FileFormatError, match=words):
        Project.open(tmp_path)
    assert (tmp_path / "project.json").read_text() == content
    (tmp_path / "project.json").write_text('{"schema_version": 1, "name": "x"}')
    Project.open(tmp_path).close()


def test_newer_schema_is_refused_in_words(tmp_path: Path) -> None:
    content = json.dumps({"schema_version": 99, "name": "future", "unheard": True})
    (tmp_path / "project.json").write_text(content)
    with pytest.raises(NewerSchemaError, match="newer Trimpot"):
        Project.open(tmp_path)
    assert (tmp_path / "project.json").read_text() == content


def test_frozen_sample_of_version_1_still_opens(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES / "v1", tmp_path / "v1")
    with Project.open(tmp_path / "v1") as project:
        manifest = project.manifest
        assert manifest.name == "Sample of version 1"
        assert [control.name for control in manifest.controls] == ["drive"]
        capture = project.read_capture(manifest.captures[0].id)
        assert capture.n_samples == 8000
        assert [signal.role for signal in capture.signals] == ["dry", "wet", "state"]
        assert manifest.split(capture.dry_id) == project.split_of(manifest.captures[0])
        run = project.find_job("20260101-000000-abcdef")
        assert (run.status.state, run.status.figures["esr_test"]) == ("done", 2.5e-7)


def test_a_project_of_version_2_opens(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES / "v2", tmp_path / "v2")
    before = (tmp_path / "v2" / "project.json").read_bytes()
    with Project.open(tmp_path / "v2") as project:
        (entry,) = project.manifest.captures
        capture = project.read_capture(entry.id)
    assert (tmp_path / "v2" / "project.json").read_bytes() == before, "read, not rewritten"
    assert (entry.edits.shift, entry.edits.flip, entry.included) == (67, True, False)
    assert [(cut.start, cut.stop) for cut in entry.edits.cuts] == [(0, 400), (5000, 5100)]
    assert capture.entry().edits == entry.edits
    assert [clip.name for clip in capture.clips] == ["sample0", "sample2"]
    check = next(check for check in capture.checks if check.name == "latency")
    assert [fix.kind for fix in check.fixes] == ["leave-out", "shift", "flip", "cut"]
    assert (check.sure, check.where[0].stop) == (0.99, 8000)
    referred = capture.signals[-1]
    assert referred.reference is not None
    assert signal_place(tmp_path, referred) == Path("/recordings/elsewhere.wav")
    with pytest.raises(FileFormatError, match="not there any more"):
        signal_path(tmp_path, referred)


def test_a_capture_of_version_3_opens() -> None:
    folder = SAMPLES / "capture-v3"
    capture = read_capture(folder)
    (turned,) = capture.motions
    assert (turned.name, turned.unit, turned.full_scale) == ("Drive", "", 1.0)
    track, rate = soundfile.read(signal_path(folder, turned))
    assert (rate, len(track)) == (capture.sample_rate, capture.n_samples)
    assert capture.knobs == {"Drive": pytest.approx(track[0], abs=1e-7), "Tone": 0.5}
    assert capture.states[0].name == "vC1"


def test_a_capture_of_a_newer_trimpot_is_refused_in_words(tmp_path: Path) -> None:
    make_capture(tmp_path / "a")
    path = tmp_path / "a" / "capture.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema_version": 4}))
    with pytest.raises(NewerSchemaError, match="Update Trimpot"):
        read_capture(tmp_path / "a")


def test_migrations_run_one_step_at_a_time() -> None:
    steps = {
        1: lambda value: {**value, "two": 2},
        2: lambda value: {**value, "three": value["two"] + 1},
    }
    value = migrate({"schema_version": 1}, migrators=steps, target=3)
    assert value == {"schema_version": 3, "two": 2, "three": 3}


def test_full_disk_keeps_the_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Project.create(tmp_path / "p", "before") as project:
        before = project.manifest

        def refuse(handle: int) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("projects.files.os.fsync", refuse)
            with pytest.raises(StorageError, match="disk is full"):
                project.save(before.model_copy(update={"name": "after"}))
        assert project.manifest is before
    with Project.open(tmp_path / "p") as project:
        assert project.manifest.name == "before"


def test_adopting_moves_captures_into_the_project_and_can_be_repeated(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        folder = project.new_job(Job(kind="import", name="pair"))
        capture = make_capture(folder / "captures" / "pair-1")
        write_status(folder, Status(state="done", text="done"))
        assert [entry.id for entry in project.adopt()] == ["pair-1"]
        assert project.read_capture("pair-1") == capture
        split = project.manifest.split(capture.dry_id)
        assert split is not None
        assert {section.part for section in split.sections} == {"train", "validation", "test"}
        assert project.adopt() == []
        # A crash between the manifest and the move: the capture is found again.
        target = project.capture_folder("pair-1")
        target.rename(folder / "captures" / "pair-1")
        write_status(folder, Status(state="done", text="done"))
        project.adopt()
        assert project.read_capture("pair-1") == capture
        assert len(project.manifest.captures) == 1


def test_a_running_job_is_not_adopted_and_a_killed_one_is_told(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        folder = project.new_job(Job(kind="import", name="pair"))
        make_capture(folder / "captures" / "pair-1")
        write_status(folder, Status(state="running"))
        with worker_lock(folder):
            assert read_status(folder).state == "running"
            assert project.adopt() == []
        assert read_status(folder).state == "interrupted"


def test_damaged_job_folders_are_left_out(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        good = project.new_job(Job(kind="train", name="run"))
        bad = tmp_path / "p" / "runs" / "bad"
        bad.mkdir()
        (bad / "job.json").write_text("{")
        assert [item.folder for item in project.jobs("train")] == [good]


def test_capture_with_missing_audio_is_told(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        folder = project.capture_folder("pair-1")
        make_capture(folder)
        (folder / "wet.wav").unlink()
        with pytest.raises(FileFormatError, match=r"lacks its audio file wet\.wav"):
            project.read_capture("pair-1")


def test_split_is_by_time_with_gaps_and_refuses_short_audio() -> None:
    split = split_by_time("ab" * 32, 480_000, 48_000)
    train, validation, test = split.of("train") + split.of("validation") + split.of("test")
    assert train.start == 0
    assert test.stop == 480_000
    assert validation.start - train.stop == test.start - validation.stop > 0
    with pytest.raises(ProjectError, match="too short"):
        split_by_time("ab" * 32, 20_000, 48_000)


def test_rules_of_the_manifest() -> None:
    with pytest.raises(ValidationError, match="overlap"):
        Split(
            dry_id="ab" * 32,
            sections=(
                Section(start=0, stop=10, part="train"),
                Section(start=9, stop=20, part="test"),
            ),
        )
    with pytest.raises(ValidationError, match="outside its range"):
        Control(name="gain", default=3)
    with pytest.raises(ValidationError, match="same name"):
        Manifest(name="x", controls=(Control(name="a"), Control(name="a")))


def test_same_input_shares_its_split(tmp_path: Path) -> None:
    first = make_capture(tmp_path / "a", "a")
    second = make_capture(tmp_path / "b", "b")
    manifest = with_capture(with_capture(Manifest(name="x"), first), second)
    assert len(manifest.captures) == 2
    assert len(manifest.splits) == 1


def test_knobs_of_a_capture_become_controls_of_the_project(tmp_path: Path) -> None:
    capture = make_capture(tmp_path / "a", "a")
    with Project.create(tmp_path / "p") as project:
        for number, knobs in enumerate(({"drive": 0.3}, {"drive": 7.0, "tone": -2.0})):
            named = capture.model_copy(update={"id": f"c{number}", "knobs": knobs})
            project.save(with_capture(project.manifest, named))
        controls = project.manifest.controls
    ranges = {c.name: (c.minimum, c.maximum) for c in controls}
    assert ranges == {"drive": (0.0, 7.0), "tone": (-2.0, 1.0)}
    assert [c.default for c in controls] == [0.3, -2.0], "where the device stood"


@pytest.mark.parametrize(
    ("name", "folder"), [("My Fuzz!", "My-Fuzz"), ("…", "project"), ("Größe/..", "Groe")]
)
def test_folder_names(name: str, folder: str) -> None:
    assert folder_name(name).startswith(folder[:3])
    assert "/" not in folder_name(name)


def test_a_run_notices_other_data(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        capture = make_capture(project.capture_folder("pair-1"))
        project.save(with_capture(project.manifest, capture))
        assert used_captures(project.manifest, {}) == ["pair-1"]
        assert used_captures(project.manifest, {"captures": ["other"]}) == ["other"]
        before = project.capture_hashes(["pair-1"])
        write_capture(project.capture_folder("pair-1"), capture.model_copy(update={"name": "b"}))
        after = project.capture_hashes(["pair-1", "gone"])
        entry = project.manifest.captures[0]
        turned = entry.model_copy(update={"knobs": {"drive": 1.0}})
        flipped = entry.model_copy(update={"edits": Edits(flip=True)})
        decided = [
            project.manifest.model_copy(update={"captures": (changed,)}).decisions("pair-1")
            for changed in (entry, turned, flipped)
        ]
    file, decisions = "captures/pair-1/capture.json", "captures/pair-1#decisions"
    assert set(before) == set(after) == {file, decisions}
    assert before[file] != after[file]
    assert before[decisions] == after[decisions] == decided[0]
    assert len(set(decided)) == 3


def test_a_long_name_is_cut_and_a_hopeless_one_is_a_sentence(tmp_path: Path) -> None:
    with Project.create(tmp_path / ("x" * 240)) as project:
        assert project.manifest.name == "x" * 200
    for impossible in (tmp_path / ("x" * 300), tmp_path / "file" / "p"):
        (tmp_path / "file").touch()
        with pytest.raises((StorageError, FileFormatError)):
            Project.open(impossible)
        with pytest.raises(StorageError):
            Project.create(impossible)


@pytest.mark.parametrize("name", ["jobs", "runs", "exports"])
def test_a_file_in_a_folders_place_is_a_sentence(tmp_path: Path, name: str) -> None:
    kinds: dict[str, JobKind] = {"jobs": "import", "runs": "train", "exports": "export"}
    with Project.create(tmp_path / "p") as project:
        (project.folder / name).touch()
        with pytest.raises(StorageError, match="a file where a folder is needed"):
            project.new_job(Job(kind=kinds[name], name="job"))


def test_no_job_is_made_outside_the_project(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    with Project.create(tmp_path / "p") as project:
        (project.folder / "jobs").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(UnsafePathError, match="leads out of the project"):
            project.new_job(Job(kind="import", name="job"))
    assert not any((tmp_path / "elsewhere").iterdir())


def test_a_capture_that_no_source_made_stays_where_it_is(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        folder = project.new_job(Job(kind="import", name="job"))
        capture = make_capture(folder / "captures" / "pair-1")
        odd = capture.model_copy(update={"knobs": {"x" * 65: 1.0}})
        write_capture(folder / "captures" / "pair-1", odd)
        write_status(folder, Status(state="done"))
        assert project.adopt() == []
        assert project.manifest.captures == ()


def test_a_name_is_one_line(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p", "Big\nMuff\t \x1b[31m \u2028 Pi") as project:
        assert project.manifest.name == "Big Muff [31m Pi"
    assert Job(kind="import", name="a\r\nb").name == "a b"
    with pytest.raises(ValidationError):
        Job(kind="import", name=" \n ")
