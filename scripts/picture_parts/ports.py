# SPDX-License-Identifier: MIT
"""docs/contract/ports.md: the ports of every RTL unit and the structs they are made of, read from
the SystemVerilog."""
import re

from .svg import Failure

HEAD = """# Ports of the RTL

`scripts/pictures` writes this page from `rtl/`. Ports end in `_i` (input) or `_o` (output). A port
whose type ends in `_t` is a packed struct: [the last section](#structs) has its fields. Above a
group of ports stands the unit on the other side: it gives (←), takes (→) or does both (↔). Clock
`clk_i` and reset `rst_ni` (synchronous, active low) are left out.
"""
DIRECTIONS = ("input", "output", "inout")
CLOCKS = {"clk_i", "rst_ni"}


def split_comment(line):
    """Code and comment of a line; block comments are no comments of a port."""
    line = re.sub(r"/\*.*?\*/", "", line)
    code, _, comment = line.partition("//")
    return code.strip(), comment.strip()


def pieces(code):
    """Splits at commas outside brackets."""
    depth, piece, out = 0, "", []
    for c in code:
        depth += (c in "([{") - (c in ")]}")
        if c == "," and depth == 0:
            out.append(piece)
            piece = ""
        else:
            piece += c
    return out, piece


def declarations(text, what):
    """(group comment, direction, type, name, comment) of every port in a port list."""
    ports, group, open_group, left, direction, kind = [], "", False, "", "", ""
    lines = [split_comment(line) for line in text.splitlines()]
    last = max((i for i, (code, _) in enumerate(lines) if code), default=-1)
    for i, (code, comment) in enumerate(lines):
        if not code:
            if comment:
                group = f"{group} {comment}" if open_group else comment
            open_group = bool(comment)
            continue
        open_group = False
        done, left = pieces(f"{left} {code}".strip() + ("," if i == last else ""))
        for piece in done:
            words = piece.split("=")[0].split()
            if words[0] in DIRECTIONS:
                direction, kind = words[0], " ".join(words[1:-1])
            elif len(words) != 1:
                raise Failure(f"{what}: cannot read port '{piece.strip()}'")
            ports.append((group, direction, kind, words[-1], comment))
    return ports


def closing(text, start):
    """Position behind the parenthesis that closes the one before `start`; comments may hold any."""
    depth, i = 1, start
    while depth:
        if text.startswith("//", i):
            i = text.index("\n", i)
        depth += (text[i] == "(") - (text[i] == ")")
        i += 1
    return i


def head_comment(text, at):
    """The comment lines just before `at`, without the licence."""
    lines = []
    for line in reversed(text[:at].rstrip("\n").splitlines()):
        if not line.strip().startswith("//") or "SPDX" in line:
            break
        lines.insert(0, line.strip()[2:].strip())
    return " ".join(lines)


def modules(text, what):
    """(name, comment, ports) of every module."""
    for match in re.finditer(r"^module\s+(\w+)", text, re.MULTILINE):
        start = text.index("(", match.end()) + 1
        if text[:start - 1].rstrip().endswith("#"):  # parameters come first
            start = text.index("(", closing(text, start)) + 1
        ports = text[start:closing(text, start) - 1]
        yield (match.group(1), head_comment(text, match.start()),
               declarations(ports, f"{what}: {match.group(1)}"))


def structs(text):
    for match in re.finditer(r"^\s*typedef\s+struct\s+packed\s*{(.*?)}\s*(\w+)\s*;", text,
                             re.MULTILINE | re.DOTALL):
        fields, above = [], ""
        for line in match.group(1).splitlines():
            code, comment = split_comment(line)
            if not code:
                above = f"{above} {comment}".strip() if comment else above
                continue
            kind, names = re.match(r"(.*?)\s+([\w, ]+);$", code).groups()
            fields += [(kind, name.strip(), comment or above) for name in names.split(",")]
            above = ""
        at = match.start() + len(match.group(0)) - len(match.group(0).lstrip())
        yield match.group(2), head_comment(text, at), fields


def cell(text):
    for arrow, sign in (("<->", "↔"), ("<-", "←"), ("->", "→")):
        text = text.replace(arrow, sign)
    return text.replace("|", "\\|")


def tidy_type(kind, records):
    """A type without `logic` and package; a struct links to its fields."""
    kind = re.sub(r"^(logic|wire)\s*", "", re.sub(r"\b(var|wire logic)\b\s*", "", kind)).strip()
    kind = re.sub(r"\w+_pkg::", "", kind)
    text = f"`{cell(kind)}`" if kind else "bit"
    return f"[{text}](#{kind})" if kind in records else text


def wrapped(text, width=98):
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join(lines + [line])


def sources(root):
    """Path and text of every file of the design, the top first."""
    files = [f for f in (root / "rtl").rglob("*.sv")
             if not {"sim", "synth"} & set(f.relative_to(root).parts)]
    for file in sorted(files, key=lambda f: (len(f.relative_to(root).parts) > 2, str(f))):
        yield file.relative_to(root).as_posix(), file.read_text()


def port_rows(ports, records):
    rows, group = ["| port | direction | type | meaning |", "|---|---|---|---|"], ""
    for above, direction, kind, port, said in ports:
        if port in CLOCKS:
            continue
        if above != group and above:
            rows.append(f"| **{cell(above)}** | | | |")
        group = above
        rows.append(f"| `{port}` | {direction.removesuffix('put')} | {tidy_type(kind, records)} | "
                    f"{cell(said)} |")
    return rows


def write(root):
    out, count = [HEAD], 0
    records = {name: (path, comment, fields) for path, text in sources(root)
               for name, comment, fields in structs(text)}
    for path, text in sources(root):
        for name, comment, ports in modules(text, path):
            out.append(wrap_page(f"## {name}\n\n[`{path}`](../../{path}). {comment}".rstrip()))
            out.append("\n".join(port_rows(ports, records)))
            count += len(ports)
    out.append("## Structs\n\nFields from the most significant bit down.")
    for name, (path, comment, fields) in sorted(records.items()):
        out.append(wrap_page(f"### {name}\n\n[`{path}`](../../{path}). {comment}".rstrip()))
        rows = ["| field | type | meaning |", "|---|---|---|"]
        rows += [f"| `{field}` | {tidy_type(kind, records)} | {cell(said)} |"
                 for kind, field, said in fields]
        out.append("\n".join(rows))
    if count < 100:
        raise Failure(f"ports: found only {count} ports in rtl/")
    return {"docs/contract/ports.md": "\n\n".join(p.strip("\n") for p in out) + "\n"}


def wrap_page(text):
    head, _, rest = text.partition("\n\n")
    return f"{head}\n\n{wrapped(rest)}"
