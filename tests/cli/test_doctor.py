"""The doctor says what is there, and is unfit to run only for a reason with a remedy."""

import errno
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from fairlead.cli import doctor as doctor_module
from fairlead.cli.doctor import (
    build_findings,
    disk_findings,
    doctor,
    installed_findings,
    machine_findings,
)
from fairlead.cli.findings import Finding
from fairlead.node.build import Build, ModuleBuild

APP = typer.Typer()
APP.command()(doctor)


def build(*modules: ModuleBuild) -> Build:
    """Return a build of these modules."""
    return Build(version="1.0", python="3.11.2", sources="ab", reason="why", modules=modules)


def unfit(findings: list[Finding]) -> list[str]:
    """Return the names of what is not fit; each must come with advice."""
    assert all(finding.fit or finding.advice for finding in findings)
    return [finding.name for finding in findings if not finding.fit]


def test_a_fit_machine_exits_0_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_module, "running_build", build)
    result = CliRunner().invoke(APP, ["--directory", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "fit to run" in result.output
    assert "durable commit" in result.output


def test_the_findings_as_json_carry_the_build(tmp_path: Path) -> None:
    result = CliRunner().invoke(APP, ["--json", "--directory", str(tmp_path)])
    content = json.loads(result.output)
    assert content["fit"] is all(finding["fit"] for finding in content["findings"])
    assert content["build"]["reason"] == content["findings"][1]["found"]
    assert any(
        module["module"] == "fairlead.machine.books" for module in content["build"]["modules"]
    )


def test_a_stale_build_is_unfit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = ModuleBuild(
        "fairlead.machine.books", compiled=True, stale=True, reason="another source"
    )
    monkeypatch.setattr(doctor_module, "running_build", lambda: build(stale))
    result = CliRunner().invoke(APP, ["--directory", str(tmp_path)])
    assert result.exit_code == 1
    assert "NOT FIT" in result.output
    assert "make install" in " ".join(result.output.replace("│", " ").split())


def test_an_interpreted_build_is_fit_and_told_how_to_compile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("FAIRLEAD_PURE", raising=False)
    findings = list(build_findings(build()))
    assert unfit(findings) == []
    assert "install gcc" in findings[1].advice
    monkeypatch.setenv("FAIRLEAD_PURE", "1")
    assert list(build_findings(build()))[1].advice == ""


def test_a_directory_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    findings = list(disk_findings(tmp_path / "var" / "journals"))
    assert unfit(findings) == []
    assert findings[0].found == f"{tmp_path} can be written"
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_written_is_unfit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_directory: Path) -> list[int]:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(doctor_module, "sync_spans", refuse)
    (finding,) = disk_findings(tmp_path)
    assert unfit([finding]) == ["journals"]
    assert finding.found == f"{tmp_path}: Read-only file system"


def test_a_missing_dependency_is_unfit_and_a_missing_extra_is_not() -> None:
    findings = list(
        installed_findings(
            [
                "msgspec>=0.19",
                "no-such-dependency>=2",
                'no-such-extra; extra == "moon"',
                'pytest[x]>=8; python_version > "3" and extra == "dev"',
            ]
        )
    )
    assert [finding.name for finding in findings] == [
        "msgspec",
        "no-such-dependency",
        "extra moon",
        "extra dev",
    ]
    assert unfit(findings) == ["no-such-dependency"]
    assert findings[1].advice == "pip install no-such-dependency"
    assert findings[2].advice == "pip install 'fairlead[moon]'"
    assert findings[3].found == "installed"


def test_the_machine_is_described() -> None:
    names = [finding.name for finding in machine_findings()]
    assert names == ["platform", "cores", "memory", "clock", "stopwatch"]
