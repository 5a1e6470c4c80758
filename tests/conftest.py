"""Programs that some tests need: without them those are skipped, but in a full run a skipped test is a failure."""

import os
import shutil
import subprocess
from collections.abc import Generator
from functools import cache
from typing import TypeVar

import pytest

from pitstop_docs import office

FULL = os.environ.get("PITSTOP_FULL") == "1"
Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("needs_office") and office.find() is None:
        pytest.skip("LibreOffice is not installed")
    if item.get_closest_marker("needs_strace") and (reason := strace_lacks()):
        pytest.skip(reason)


@cache
def strace_lacks() -> str:
    """Why strace cannot be used here; empty if it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "strace may not trace here"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _refused((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _refused((yield))


def _refused(report: Report) -> Report:
    if FULL and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{reason} (with PITSTOP_FULL=1 no test may be skipped)"
    return report
