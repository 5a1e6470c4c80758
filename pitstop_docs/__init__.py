"""The paperwork of the PitStop project: forms captured, checked, and printed as signed-ready documents."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("pitstop-docs")
except PackageNotFoundError:  # a plain checkout that nobody installed
    __version__ = "0"
