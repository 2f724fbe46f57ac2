# SPDX-License-Identifier: MIT
"""The page docs/results/README.md: text by hand, and blocks that its parts write."""
import re

BLOCK = re.compile(r"(<!-- (\w+)\.(\w+): by scripts/results -->\n)(.*?)(<!-- end -->\n)", re.DOTALL)


class Failure(Exception):
    """What the caller is told."""


class Page:
    """Blocks begin with `<!-- part.block: by scripts/results -->` and end with `<!-- end -->`."""

    def __init__(self, path):
        self.path = path

    def write(self, parts):
        """Writes the blocks of `parts` from their data."""
        self.path.write_text(self._filled(parts))

    def check(self, parts):
        """Failure unless the blocks of `parts` are what their data say."""
        if self._filled(parts) != self.path.read_text():
            raise Failure(f"{self.path.name} is not what the data say; scripts/results writes it")

    def _filled(self, parts):
        text = self.path.read_text()
        for one in parts:
            blocks = one.blocks(self.path.parent)
            found = [m[3] for m in BLOCK.finditer(text) if m[2] == one.name]
            if sorted(found) != sorted(blocks):
                raise Failure(f"{self.path.name} has blocks {found} of {one.name}; "
                              f"there should be {sorted(blocks)}, each once")

            def fill(match, name=one.name, blocks=blocks):
                return match[0] if match[2] != name else match[1] + blocks[match[3]] + match[5]
            text = BLOCK.sub(fill, text)
        return text


def table(headings, rows):
    """A Markdown table; cells that are no text are written by `number`."""
    lines = [headings, ["---"] * len(headings)]
    lines += [[c if isinstance(c, str) else number(c) for c in row] for row in rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def number(value, digits=3):
    """1,048,576 for whole numbers, `digits` significant ones for others."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    if abs(value) >= 10 ** digits:
        return f"{value:,.0f}"
    if abs(value) < 1e-3:
        return f"{value:.{digits - 1}e}"
    return f"{value:#.{digits}g}".rstrip(".")
