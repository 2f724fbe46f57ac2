# SPDX-License-Identifier: MIT
"""The output of the demo in README.md, as the program prints it."""
import subprocess

from .svg import Failure

COMMAND = ["run", "--device", "base", "--memory", "ideal", "--input",
           "tests/data/use-lite-layer0-2x1024.safetensors", "--mask", "dense"]
BEGIN, END = "<!-- demo: written by scripts/pictures -->\n", "<!-- end -->\n"


def write(root, program):
    done = subprocess.run([str(program)] + COMMAND, cwd=root, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{program.name} {' '.join(COMMAND)} failed:\n{done.stderr[-2000:]}")
    text = (root / "README.md").read_text()
    before, found, rest = text.partition(BEGIN)
    if not found or END not in rest:
        raise Failure("README.md has no place for the demo's output")
    output = "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines())
    return {"README.md": f"{before}{BEGIN}```text\n{output}\n```\n{rest[rest.index(END):]}"}
