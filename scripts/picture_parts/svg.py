# SPDX-License-Identifier: MIT
"""A small canvas. It follows the reader's light or dark theme, its colours can be told apart by
colour-blind readers, and it refuses texts that overlap or that leave their box."""
import html

SANS, MONO = 0.58, 0.602  # mean width of a character in ems, of the widest usual fonts

# Kind: fill and stroke, light and dark. Hues are those of Okabe and Ito.
FILLS = {
    "paper": (("#ffffff", "none"), ("#0d1117", "none")),
    "frame": (("#f6f8fa", "#8c959f"), ("#161b22", "#6e7681")),
    "grey": (("#e4e8ec", "#6e7781"), ("#30363d", "#8b949e")),
    "blue": (("#d3e8f5", "#0072b2"), ("#0b3552", "#56b4e9")),
    "orange": (("#fbe6bf", "#b87500"), ("#4f3700", "#e69f00")),
    "green": (("#c9ece0", "#007a59"), ("#003d2c", "#2fc79d")),
    "purple": (("#f3dcea", "#a8557f"), ("#4f2540", "#e29ac2")),
    "red": (("#ffd9c7", "#b34a00"), ("#5c2600", "#ff8a4c")),
    "bad": (("#b34a00", "#b34a00"), ("#ff8a4c", "#ff8a4c")),
    "wait": (("none", "#8c959f"), ("none", "#8b949e")),
}
TEXTS = {"ink": ("#1f2328", "#e6edf3"), "soft": ("#57606a", "#9da7b3")}
LINES = {"line": ("#57606a", "#9da7b3"), "grid": ("#d8dee4", "#2d333b"),
         "mark": ("#b34a00", "#ff8a4c")}


class Failure(Exception):
    """A picture that would be wrong; the message says which and why."""


def style():
    def rules(dark):
        out = []
        for name, pair in FILLS.items():
            fill, stroke = pair[dark]
            out.append(f".{name}{{fill:{fill};stroke:{stroke}}}")
        out += [f".{name}{{fill:{pair[dark]}}}" for name, pair in TEXTS.items()]
        out += [f".{name}{{stroke:{pair[dark]};fill:none}}" for name, pair in LINES.items()]
        out.append(f".tip{{fill:{LINES['line'][dark]}}}")
        return "".join(out)

    return ("text{font-family:'Segoe UI','Helvetica Neue','DejaVu Sans',Arial,sans-serif}"
            ".mono{font-family:'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace}"
            ".bold{font-weight:600}" + rules(0) +
            "@media (prefers-color-scheme:dark){" + rules(1) + "}")


def number(value):
    """Coordinates with at most one decimal, so that the text does not depend on rounding."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


class Canvas:
    def __init__(self, width, title):
        self.width, self.height, self.title = width, 0, title
        self.parts, self.texts = [], []

    def grow(self, y):
        self.height = max(self.height, y)

    def box(self, x, y, width, height, kind, radius=5, dashed=False):
        dash = ' stroke-dasharray="4 3"' if dashed else ""
        self.parts.append(f'<rect class="{kind}" x="{number(x)}" y="{number(y)}" '
                          f'width="{number(width)}" height="{number(height)}" rx="{radius}"{dash}/>')
        self.grow(y + height)

    def text(self, x, y, text, size=13, kind="ink", anchor="start", mono=False, bold=False,
             room=None):
        """Text on the base line y. `room`: the width it may take."""
        width = len(text) * size * (MONO if mono else SANS)
        if room is not None and width > room:
            raise Failure(f"{self.title}: no room for '{text}': {width:.0f} > {room:.0f}")
        left = x - {"start": 0, "middle": width / 2, "end": width}[anchor]
        if left < 0 or left + width > self.width:
            raise Failure(f"{self.title}: '{text}' leaves the picture")
        self.texts.append((left, y - 0.75 * size, left + width, y + 0.2 * size, text))
        classes = " ".join([kind] + ["mono"] * mono + ["bold"] * bold)
        align = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self.parts.append(f'<text class="{classes}" x="{number(x)}" y="{number(y)}" '
                          f'font-size="{number(size)}"{align}>{html.escape(text)}</text>')
        self.grow(y + 0.3 * size)

    def line(self, points, kind="line", arrow=False, dashed=False, width=1.4):
        path = "M" + " L".join(f"{number(x)} {number(y)}" for x, y in points)
        extra = (' marker-end="url(#tip)"' if arrow else "") + (
            ' stroke-dasharray="4 3"' if dashed else "")
        self.parts.append(f'<path class="{kind}" d="{path}" stroke-width="{number(width)}"{extra}/>')
        for _, y in points:
            self.grow(y)

    def circle(self, x, y, radius, kind):
        self.parts.append(f'<circle class="{kind}" cx="{number(x)}" cy="{number(y)}" '
                          f'r="{number(radius)}"/>')
        self.grow(y + radius)

    def check(self):
        for i, (left, top, right, bottom, text) in enumerate(self.texts):
            for left2, top2, right2, bottom2, other in self.texts[i + 1:]:
                if left < right2 and left2 < right and top < bottom2 and top2 < bottom:
                    raise Failure(f"{self.title}: '{text}' and '{other}' overlap")

    def svg(self, margin=16):
        self.check()
        height = number(self.height + margin)
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {height}" '
                f'width="{self.width}" height="{height}" role="img" '
                f'aria-label="{html.escape(self.title)}">\n<title>{html.escape(self.title)}</title>\n'
                f"<style>{style()}</style>\n"
                '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
                'markerHeight="7" orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>\n'
                '<rect class="paper" width="100%" height="100%"/>\n' +
                "\n".join(self.parts) + "\n</svg>\n")
