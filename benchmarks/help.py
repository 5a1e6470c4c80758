"""What it costs to ask for help: CPU time of `pitstop --help` and `pitstop forms`, as a ratio to `python -c pass`.

    .venv/bin/python -m benchmarks.help [ROUNDS]

Each round runs every command once, in turn and with the order reversed every other round; the figures are medians of the
ratios within a round, so that a busy machine weighs on both sides alike. Milliseconds are of this machine: quote the ratios.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
PITSTOP = "from pitstop_docs.cli import main; main(prog_name='pitstop')"
COMMANDS = {
    "python -c pass": ("-c", "pass"),
    "python -c 'import click'": ("-c", "import click"),
    "python -c 'import jinja2'": ("-c", "import jinja2"),
    "pitstop --help": ("-c", PITSTOP, "--help"),
    "pitstop forms": ("-c", PITSTOP, "forms"),
    "pitstop make --help": ("-c", PITSTOP, "make", "--help"),
    "pitstop status (no records)": ("-c", PITSTOP, "status"),
}
"""By name; the first is what the others are measured by."""


def cpu(words: tuple[str, ...], folder: Path) -> float:
    """Seconds of CPU, of the user and of the system, that a child took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, *words], cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(rounds: int) -> None:
    """Print the table."""
    measured: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([sys.executable, "-c", PITSTOP, "init", name], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        for n in range(-1, rounds):  # the first round warms the disk
            order = list(COMMANDS.items())
            for command, words in order if n % 2 else reversed(order):
                seconds = cpu(words, folder)
                if n >= 0:
                    measured[command].append(seconds)
    [base, *_] = measured.values()
    print(f"{'CPU, median of ' + str(rounds) + ' rounds':<32} {'ms':>7} {'ratio':>7}")
    for command, seconds_ in measured.items():
        ratio = median(one / bare for one, bare in zip(seconds_, base, strict=True))
        print(f"{command:<32} {1000 * median(seconds_):>7.0f} {ratio:>7.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
