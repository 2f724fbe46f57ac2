# SPDX-License-Identifier: MIT
"""What every part of docs/results has in common: runs of the program, a CSV, a plot."""
import concurrent.futures
import csv
import json
import math
import os
import pathlib
import statistics
import subprocess

from .page import Failure, table

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
AT_ONCE = 2


class Part:
    """One figure. A subclass says what is run and what of it is kept:

    name     of its CSV, its SVG and its gnuplot script here
    command  as on the page; words in capitals stand for what `runs` fills in
    before   a command that `prepare` has run before, in the same words
    runs     of each run those words, the longest run last
    columns  of the CSV
    """
    name = command = before = ""
    runs, columns = [{}], []
    width = 720  # of the plot, pixels

    def rows(self, words, text):
        """What is kept of one run that printed `text`: a list of rows, each as long as `columns`."""
        raise NotImplementedError

    def tables(self, data):
        """Markdown by name of block, of `data`: a list of dictionaries."""
        raise NotImplementedError

    def claims(self, data):
        """(claim, what was measured, does it hold)."""
        raise NotImplementedError

    def prepare(self, program):
        """Makes the files that runs read."""

    def measure(self, program):
        """Every row, in the order of `runs`."""
        self.prepare(program)

        def one(words):
            return self.rows(words, run(program, fill(self.command, words)))
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            last_first = [pool.submit(one, words) for words in reversed(self.runs)]
            return [row for done in reversed(last_first) for row in done.result()]

    def write(self, rows, folder):
        """CSV and plot. Rows of one line of the plot stand together: sorted by their texts."""
        rows = [[float(f"{cell:.7g}") if isinstance(cell, float) else cell for cell in row]
                for row in sorted(rows, key=lambda row: [c for c in row if isinstance(c, str)])]
        path = folder / f"{self.name}.csv"
        with path.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([self.columns] + rows)
        names = f"csv='{path}'; svg='{folder / self.name}.svg'; wide={self.width}"
        done = subprocess.run(["gnuplot", "-e", names, HERE / "style.gp", HERE / f"{self.name}.gp"],
                              capture_output=True, text=True)
        if done.returncode != 0 or done.stderr:
            raise Failure(f"gnuplot, {self.name}: {done.stderr}")

    def read(self, folder):
        """The rows of the CSV as dictionaries, numbers as numbers."""
        with (folder / f"{self.name}.csv").open(newline="") as file:
            return [{key: value_of(text) for key, text in row.items()}
                    for row in csv.DictReader(file)]

    def blocks(self, folder):
        """All that the page has of this part."""
        data = self.read(folder)
        claims = [[text, measured, "yes" if holds else "**no**"]
                  for text, measured, holds in self.claims(data)]
        return {"command": self.command_block(), **self.tables(data),
                "claims": table(["claim", "measured", "holds"], claims)}

    def command_block(self):
        lines = [f"{word}: " + " ".join(str(w[word]) for w in self._distinct(word))
                 for word in self.runs[0]]
        note = "".join(f"# {line}\n" for line in lines)
        before = f"{self.before}\n" if self.before else ""
        return f"```sh\n{note}{before}{self.command}\n```\n"

    def _distinct(self, word):
        """Runs, each value of the word once."""
        return list({w[word]: w for w in self.runs}.values())


def fill(command, words):
    for word, value in words.items():
        command = command.replace(word, str(value))
    return command


def run(program, command):
    """What the command prints, run in the root of the repository; Failure if it fails."""
    words = command.split()
    environment = dict(os.environ, SYSTEMC_DISABLE_COPYRIGHT_MESSAGE="1")
    done = subprocess.run([program] + words[1:], cwd=ROOT, env=environment, capture_output=True,
                          text=True)
    if done.returncode != 0:
        raise Failure(f"{command}: exit code {done.returncode}: {done.stderr}{done.stdout[-2000:]}")
    return done.stdout


def compared(text):
    """The rows of `tessera compare --format json`, each with its figures by name in `value`."""
    rows = json.loads(text)["rows"]
    for row in rows:
        if row["derived"] is None:
            raise Failure(f"refused: {row['reason']}")
        figures = {**row["derived"], **row["error"]}
        row["value"] = {key: figure["value"] for key, figure in figures.items()
                        if isinstance(figure, dict) and "value" in figure}
    return rows


def value_of(text):
    try:
        return float(text) if "." in text or "e" in text else int(text)
    except ValueError:
        return text


def log_slope(points):
    """Of the least-squares line through log2 y over log2 x."""
    return statistics.linear_regression(*zip(*[(math.log2(x), math.log2(y))
                                               for x, y in points])).slope


def doubled(first, last):
    """first, 2 first, ... last."""
    return [first << i for i in range((last // first).bit_length())]
