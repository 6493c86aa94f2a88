"""Fetches Flower's source, whose tests are not in its wheel, and an environment to run them in.

Both are kept in .venv/swap, so that a second run starts at once; delete that folder to begin anew.
"""

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VERSION = "2.2.0"
ROOT = Path(__file__).resolve().parents[2]
# Of requirements/dev.txt, without its linter; requirements/test.txt is empty.
TEST_REQUIREMENTS = ["redis>=4.3.6"]
CACHE = ROOT / ".venv" / "swap"


def prepare() -> tuple[str, Path]:
    """The interpreter and the folder for Flower's tests."""
    source = _source()
    return _environment(source), source


def _source() -> Path:
    folder = CACHE / f"flower-{VERSION}"
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        # Moved into place when it is whole: a run that was broken off leaves nothing that looks ready.
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            _download(Path(scratch))
            Path(scratch, folder.name).rename(folder)
    return folder


def _download(folder: Path) -> None:
    """The source archive, unpacked in `folder`."""
    _pip(sys.executable, "download", "--no-deps", "--no-binary", "flower", "--dest", str(folder), f"flower=={VERSION}")
    with tarfile.open(folder / f"flower-{VERSION}.tar.gz") as archive:
        # The filter came with 3.12, and with late releases of the older versions.
        if hasattr(tarfile, "data_filter"):
            archive.extractall(folder, filter="data")
        else:
            archive.extractall(folder)


def _environment(source: Path) -> str:
    """An environment of its own for each Python, so that Flower's dependencies stay out of the project's."""
    folder = CACHE / f"flower-env-{sys.version_info.major}.{sys.version_info.minor}"
    python, installed = str(folder / "bin" / "python"), folder / "installed"
    arguments = [str(source), *TEST_REQUIREMENTS, "--editable", str(ROOT)]
    # What was installed is noted, as by bin/_venv.sh; a change of our own requirements makes it anew.
    wanted = "\n".join([*arguments, (ROOT / "pyproject.toml").read_text()])
    if not installed.exists() or installed.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        _pip(python, "install", *arguments)
        installed.write_text(wanted)
    return python


def _pip(python: str, *arguments: str) -> None:
    subprocess.run([python, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments], check=True)
