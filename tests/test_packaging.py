"""However the program is installed it finds its kit: a wheel, an editable install, a plain checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from zipfile import ZipFile

import pytest

from pitstop_docs.workspace import KIT
from tests.kits import ROOT

FOLDERS = (*KIT, "examples")
PLACES = "import pitstop_docs.workspace as w; print(*[w.bundled(one) for one in {!r}], sep='\\n')"
OFFLINE = ("No matching distribution", "Failed to establish", "Connection", "getaddrinfo", "Could not fetch")


def kit(root: Path) -> set[str]:
    """The files of the kit, by name under the folder that holds it."""
    found = [path for folder in FOLDERS for path in (root / folder).rglob("*") if path.suffix in (".json", ".docx", ".pdf")]
    return {path.relative_to(root).as_posix() for path in found if not path.name.startswith((".", "~"))}


def run(*words: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program where nothing of this process shows through."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(one) for one in words], cwd=folder, env=kept, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode and any(one in done.stderr for one in OFFLINE):
        pytest.skip("the build needs setuptools from a package index, and none answers")
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources alone, as a clone has them."""
    root = tmp_path_factory.mktemp("clone") / "pitstop"
    unwanted = shutil.ignore_patterns("__pycache__", ".*", "~*")
    for folder in ("pitstop_docs", *FOLDERS):
        shutil.copytree(ROOT / folder, root / folder, ignore=unwanted)
    for name in ("setup.cfg", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, root)
    return root


@pytest.fixture(scope="module")
def wheel(checkout: Path) -> Path:
    words = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", checkout.parent / "dist", checkout)
    run(sys.executable, *words, folder=checkout.parent)
    [made] = (checkout.parent / "dist").glob("*.whl")
    return made


def test_the_wheel_holds_the_whole_kit_and_nothing_of_the_workshop(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert {name.removeprefix("pitstop_docs/data/") for name in names if "/data/" in name} == kit(ROOT)
    assert {name.partition("/")[0] for name in names} == {"pitstop_docs"}
    assert {"pitstop_docs/py.typed", "pitstop_docs/cli.py", "pitstop_docs/fillers/docx.py"} <= names


def test_installed_from_the_wheel_the_program_finds_its_kit(wheel: Path, tmp_path: Path) -> None:
    home = tmp_path / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", home, folder=tmp_path)
    python = next(path for path in (home / "bin" / "python", home / "Scripts" / "python.exe") if path.exists())
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", wheel, folder=tmp_path)
    [site] = {*home.glob("lib/python*/site-packages"), *home.glob("Lib/site-packages")}
    libraries = metadata.distribution("click").locate_file("")
    (site / "libraries.pth").write_text(str(libraries), encoding="utf-8")
    places = run(python, "-c", PLACES.format(FOLDERS), folder=tmp_path).stdout.splitlines()
    assert [Path(place).relative_to(site / "pitstop_docs" / "data").as_posix() for place in places] == list(FOLDERS)
    assert kit(site / "pitstop_docs" / "data") == kit(ROOT)
    program = python.with_name("pitstop.exe" if python.suffix else "pitstop")
    run(program, "init", "qui", folder=tmp_path)
    assert kit(tmp_path / "qui") == {name for name in kit(ROOT) if not name.startswith("examples/")}
    listed = run(program, "--workspace", "qui", "forms", "--json", folder=tmp_path).stdout
    assert {one["form"] for one in json.loads(listed)["forms"]} == {path.stem for path in (ROOT / "forms").glob("*.json")}


def test_a_plain_checkout_finds_its_kit(checkout: Path) -> None:
    places = run(sys.executable, "-c", PLACES.format(FOLDERS), folder=checkout).stdout.splitlines()
    assert [Path(place) for place in places] == [checkout / folder for folder in FOLDERS]
    assert kit(checkout) == kit(ROOT)


def test_an_editable_install_finds_the_kit_that_is_edited(tmp_path: Path) -> None:
    told = [one.read_text("direct_url.json") for one in metadata.distributions(name="pitstop-docs")]
    if not any(json.loads(one or "{}").get("dir_info", {}).get("editable") for one in told):
        pytest.skip("this is not an editable install")
    places = run(sys.executable, "-c", PLACES.format(FOLDERS), folder=tmp_path).stdout.splitlines()
    assert [Path(place) for place in places] == [ROOT / folder for folder in FOLDERS]
