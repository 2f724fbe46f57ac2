# SPDX-License-Identifier: MIT
"""Waveforms of docs/contract, drawn from what the program `waveforms` saw of the model. Every cycle
that a note names is taken from the trace; where a note gives a rule, the rule is checked."""
from .svg import Canvas, Failure

LEFT, RIGHT, ROW, TOP = 190, 20, 30, 60


class Wave:
    """A picture: rows over a window of cycles, marks at cycles, notes below."""

    def __init__(self, title, first, last, pixels):
        self.title, self.first, self.last, self.scale = title, first, last, pixels
        self.canvas = Canvas(round(LEFT + RIGHT + (last - first) * pixels), title)
        self.rows, self.marks, self.y = [], [], TOP

    def x(self, cycle):
        return LEFT + (min(max(cycle, self.first), self.last) - self.first) * self.scale

    def row(self, label, draw):
        self.rows.append((label, draw))

    def bars(self, label, bars):
        """(first cycle, cycle behind the last, text, kind) each."""
        def draw(y):
            for start, end, text, kind in bars:
                if end <= self.first or start >= self.last:
                    continue
                left, width = self.x(start), self.x(end) - self.x(start)
                self.canvas.box(left, y + 4, width, ROW - 9, kind, 3, dashed=kind == "wait")
                if text and len(text) * 11 * 0.6 <= width - 4:
                    self.canvas.text(left + width / 2, y + 18.5, text, 11, anchor="middle")
        self.row(label, draw)

    def cells(self, label, cells):
        """(cycle, kind, text or '') of single cycles."""
        def draw(y):
            for cycle, kind, text in cells:
                if self.first <= cycle < self.last:
                    gap = 0.6 if self.scale > 3 else 0
                    self.canvas.box(self.x(cycle) + gap, y + 4, self.scale - 2 * gap, ROW - 9, kind,
                                    1)
                    if text:
                        self.canvas.text(self.x(cycle) + self.scale / 2, y + 18.5, text, 11,
                                         anchor="middle")
        self.row(label, draw)

    def level(self, label, changes):
        """(cycle, level) in order, low before the first."""
        def draw(y):
            high, low, now = y + 6, y + ROW - 6, 0
            points = [(self.x(self.first), low)]
            for cycle, level in changes:
                points += [(self.x(cycle), high if now else low),
                           (self.x(cycle), high if level else low)]
                now = level
            points.append((self.x(self.last), high if now else low))
            self.canvas.line(points, width=1.8)
        self.row(label, draw)

    def command(self, command, kind, text=""):
        """A row of a command: its wait in the queue, then start to retirement."""
        name, start, retire = command["name"], command["start"], command["retire"]
        bars = [(command["dispatch"] + 1, self.last if start is None else start, "queued", "wait")]
        if start is not None:
            bars.append((start, self.last if retire is None else retire + 1, text or name, kind))
        self.bars(name, [bar for bar in bars if bar[1] > bar[0]])

    def mark(self, cycle, note):
        """A numbered line at a cycle, with its note. Marks come in the order of their cycles."""
        self.marks.append((cycle, note))

    def svg(self):
        canvas, bottom = self.canvas, TOP + ROW * len(self.rows)
        canvas.text(16, 26, self.title, 15, bold=True)
        step = next(s for s in (2, 5, 10, 20, 50, 100) if s * self.scale >= 44)
        for cycle in range(-(-self.first // step) * step, self.last + 1, step):
            canvas.line([(self.x(cycle), TOP), (self.x(cycle), bottom)], "grid", width=1)
            canvas.text(self.x(cycle), TOP - 6, str(cycle), 10.5, "soft", "middle", mono=True)
        canvas.text(LEFT - 34, TOP - 6, "cycle", 10.5, "soft", "end")
        levels = self.mark_levels()
        for (cycle, _), level in zip(self.marks, levels):
            canvas.line([(self.x(cycle), TOP), (self.x(cycle), bottom + 8 + 20 * level)], "mark",
                        dashed=True, width=1.2)
        for i, (label, draw) in enumerate(self.rows):
            y = TOP + ROW * i
            canvas.line([(16, y + ROW), (canvas.width - RIGHT, y + ROW)], "grid", width=0.6)
            canvas.text(LEFT - 12, y + 19, label, 12, anchor="end", room=LEFT - 24)
            draw(y)
        for i, ((cycle, _), level) in enumerate(zip(self.marks, levels)):
            self.sign(self.x(cycle), bottom + 17 + 20 * level, i + 1)
        y = bottom + 52 + 20 * max(levels, default=0)
        for i, (cycle, note) in enumerate(self.marks):
            self.sign(26, y - 4, i + 1)
            canvas.text(84, y, str(cycle), 12, "ink", "end", mono=True)
            for line in wrap(note, (canvas.width - 96 - RIGHT) / (12 * 0.6)):
                canvas.text(96, y, line, 12)
                y += 17
            y += 5
        return canvas.svg()

    def mark_levels(self):
        """Marks that are close to each other have their signs one below the other."""
        levels, ends = [], []
        for cycle, _ in self.marks:
            x = self.x(cycle)
            level = next((i for i, end in enumerate(ends) if x - end >= 20), len(ends))
            ends[level:level + 1] = [x]
            levels.append(level)
        return levels

    def sign(self, x, y, n):
        self.canvas.circle(x, y, 9, "red")
        self.canvas.text(x, y + 4, str(n), 11, anchor="middle", bold=True)


def wrap(text, columns):
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > columns:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return lines + [line]


def same(what, cycle, rule):
    """A rule of a note, held against the trace."""
    if cycle != rule:
        raise Failure(f"waveforms: {what}: the trace says cycle {cycle}, the note's rule {rule}")
    return cycle


class Trace:
    """One scenario of the program's output."""

    def __init__(self, everything, name):
        self.scenario = next(s for s in everything["scenarios"] if s["name"] == name)
        self.device, self.latency = everything["device"], everything["latency"]
        self.commands = self.scenario["commands"]
        self.groups = self.scenario["groups"]

    def command(self, name):
        return next(c for c in self.commands if c["name"] == name)

    def bursts(self, write, low=0, high=1 << 40):
        return [b for b in self.scenario["bursts"]
                if b["write"] == write and low <= b["address"] < high]

    def beats(self, kinds):
        """Cells of the read data bus: colour by address, a bad beat stands out."""
        cells = []
        for burst in self.bursts(False):
            kind = next((k for low, high, k in kinds if low <= burst["address"] < high), "grey")
            for i, cycle in enumerate(burst["beats"]):
                bad = i == burst.get("error_beat")
                cells.append((cycle, "bad" if bad else kind, ""))
        return cells


QUERY, KEY, VALUE, OUTPUT, INDEX, RECORD = 0, 0x1000, 0x2000, 0x3000, 0x4000, 0xc0000
OPERANDS = [(QUERY, KEY, "blue"), (KEY, VALUE, "orange"), (VALUE, OUTPUT, "green"),
            (INDEX, RECORD, "purple")]
LOADS = (("LOAD_Q", "blue"), ("LOAD_K", "orange"), ("LOAD_V", "green"))


def attend(everything):
    t = Trace(everything, "attend")
    n, i, d, columns = 16, t.device["interleave"], t.device["d"], ("blue", "orange")
    attend_, store = t.command("ATTEND"), t.command("STORE_O")
    first, second = t.groups
    w = Wave("One ATTEND: 16 queries, 16 keys, device tiny", 116, 496, 2.5)
    w.cells("read data", t.beats(OPERANDS))
    for name, kind in LOADS:
        w.command(t.command(name), kind)
    w.command(attend_, "grey")

    def stage(label, part):
        w.bars(label, [(*group[part], f"group {group['group']}", columns[group["group"]])
                       for group in t.groups])

    stage("score: keys enter", "score_keys")
    stage("score buffer written", "score_buffer")
    stage("exp2: scores enter", "exp2")
    stage("weights p · v", "weights")
    w.bars("merge: rows", [(*g["merge_rows"], "", columns[g["group"]]) for g in t.groups])
    w.command(store, "purple")
    s0, v0 = first["score_keys"][0], first["value_keys"][0]
    w.mark(same("S(0)", s0, t.command("LOAD_K")["retire"] + 1),
           f"LOAD_K has retired in {s0 - 1}, so Q and K are granted: ATTEND starts. S(0) = {s0}: the "
           f"first key of lane group 0 enters. Each key stays {i} cycles, one for each turn.")
    w.mark(same("S(1)", second["score_keys"][0], s0 + i * n),
           f"S(1) = S(0) + I·n: lane group 1 enters without a gap. The first score of group 0 "
           f"reaches the score buffer in S(0) + I·D + 5 = "
           f"{same('first score', first['score_buffer'][0], s0 + i * d + 5)}.")
    w.mark(same("V(0)", v0, first["maximum_known"]),
           f"The maximum of group 0 is known: V(0) = S(0) + I·(n + D) + 5 = "
           f"{same('maximum', v0, s0 + i * (n + d) + 5)}. Its scores leave the buffer through exp2. "
           f"The first weight p is ready {first['weights'][0] - v0} cycles later and meets its value.")
    w.mark(same("V(1)", second["value_keys"][0], v0 + i * n),
           "V(1) = V(0) + I·n: the value stage goes on with group 1 while group 0 is merged.")
    merged = same("first row", first["merge_rows"][0], v0 + i * n + i + 8)
    w.mark(same("STORE_O", store["start"], merged + 1),
           f"Row 0 was merged in V(0) + I·n + I + 8 = {merged}, one more row in every cycle. STORE_O "
           f"follows row by row and starts.")
    w.mark(same("ATTEND", attend_["retire"], second["merge_rows"][1] - 1),
           "The last row of group 1 is merged: ATTEND retires.")
    return w.svg()


def gather(everything):
    t = Trace(everything, "gather")
    load, sink = t.command("LOAD_K"), t.latency["sink"]
    index = t.bursts(False, INDEX, RECORD)[0]
    rows = t.bursts(False, KEY, VALUE)
    w = Wave("A gathered load: 8 rows by an index list, device tiny", 116, 162, 20)
    w.cells("dispatch", [(c["dispatch"], "grey", "") for c in t.commands])
    w.command(load, "orange")
    w.cells("read address", [(index["presented"], "purple", "")] +
            [(b["presented"], "orange", str(r)) for r, b in enumerate(rows)])
    w.cells("read data", [(c, "purple", "") for c in index["beats"]] +
            [(c, "orange", str(r)) for r, b in enumerate(rows) for c in b["beats"]] +
            [(c, "grey", "") for b in t.bursts(False, RECORD) for c in b["beats"]])
    w.cells("list and bank written", [(c + sink, "purple", "") for c in index["beats"]] +
            [(c + sink, "orange", str(r)) for r, b in enumerate(rows) for c in b["beats"]])
    w.mark(same("start", load["start"], index["presented"]),
           "LOAD_K starts: it presents its index list (purple) as one range. 8 indices are 32 bytes, "
           "2 beats. Grey beats before are the line of descriptors.")
    last = index["beats"][-1]
    w.mark(same("first row", rows[0]["presented"], last + sink + 1),
           f"The last index was on the bus in {last} and written in {last + sink}. From the next "
           f"cycle on one row address a cycle. Each row (0 to 7) is a range of its own, even where "
           f"indices follow each other.")
    w.mark(same("first beat", rows[0]["beats"][0],
                rows[0]["presented"] + t.latency["accept"] + t.scenario["read_latency"]),
           f"The first row arrives: taken one cycle after it was presented, then the read latency "
           f"of this memory, {t.scenario['read_latency']} cycles. A row is 2 beats.")
    w.mark(same("retire", load["retire"], rows[-1]["beats"][-1] + sink),
           "The last beat is written to the bank: LOAD_K retires. It is visible in the next cycle, "
           "and the FENCE behind it is dispatched.")
    return w.svg()


def store(everything):
    t = Trace(everything, "store")
    command, fence = t.command("STORE_O"), t.command("FENCE")
    first, second = t.groups
    writes = t.bursts(True, OUTPUT, INDEX)
    record = t.bursts(True, RECORD)[0]
    pipe, beats, device = t.latency["store_pipe"], 4, t.device
    group_rows = device["lanes"] * device["interleave"]
    colour = [("blue", "orange")[r // group_rows] for r in range(len(writes))]
    w = Wave("A store behind a merge: 16 rows of 4 beats, device tiny", 400, 608, 5)
    w.cells("merge: rows", [(g["merge_rows"][0] + r, ("blue", "orange")[g["group"]], "")
                            for g in t.groups for r in range(group_rows)])
    w.command(command, "purple")
    w.cells("write address", [(b["presented"], c, "") for b, c in zip(writes, colour)] +
            [(record["presented"], "grey", "")])
    w.cells("write data", [(c, k, "") for b, k in zip(writes, colour) for c in b["beats"]] +
            [(c, "grey", "") for c in record["beats"]])
    w.cells("write response", [(b["response"], c, "") for b, c in zip(writes, colour)] +
            [(record["response"], "grey", "")])
    w.command(fence, "grey")
    w.level("interrupt", [(e["cycle"], e["level"]) for e in t.scenario["interrupts"]])
    start = same("start", command["start"], first["merge_rows"][0] + 1)
    w.mark(start, f"Row 0 was merged in {start - 1} and is visible now: STORE_O starts and reads it, "
                  f"one beat a cycle, {beats} beats. ATTEND goes on.")
    burst = same("first burst", writes[0]["presented"], start + beats - 1 + pipe)
    w.mark(burst, f"The row's last beat was read in {start + beats - 1} and has gone through the divider: "
                  f"{pipe} cycles later all {beats} beats are in the store FIFO, and the burst is "
                  f"presented. Rows lie apart here, so each is a burst of its own.")
    next_row = same("row 8", writes[group_rows]["presented"],
                    second["merge_rows"][0] + 1 + beats - 1 + pipe)
    w.mark(second["merge_rows"][0],
           f"The store has read the rows of group 0 and waits for group 1 (orange): its first row is "
           f"merged here. Its burst leaves in {next_row}.")
    w.mark(same("retire", command["retire"], writes[-1]["response"]),
           f"The last response: STORE_O retires. A response comes {t.scenario['write_latency']} "
           f"cycles after the last beat of its burst with this memory.")
    w.mark(same("fence", fence["retire"], record["response"]),
           "The FENCE was dispatched when all before it had retired. Its record is written, it "
           "retires, and the interrupt rises in the next cycle.")
    return w.svg()


def error(everything):
    t = Trace(everything, "error")
    sink = t.latency["sink"]
    bad = next(b for b in t.bursts(False) if "error_beat" in b)
    broken = bad["beats"][bad["error_beat"]]
    latched = broken + sink
    load_k, load_v = t.command("LOAD_K"), t.command("LOAD_V")
    rises = t.scenario["interrupts"][0]["cycle"]
    reset = next(w["cycle"] for w in t.scenario["writes"]
                 if w["offset"] == 0x40 and w["value"] == 2 and w["cycle"] > rises)
    w = Wave("An error and its drain: a bus error in LOAD_K, device tiny", 116, 286, 6)
    w.cells("read data", t.beats(OPERANDS))
    w.command(t.command("LOAD_Q"), "blue")
    w.bars("LOAD_K", [(load_k["dispatch"] + 1, load_k["start"], "", "wait"),
                      (load_k["start"], latched + 1, "LOAD_K", "orange"),
                      (latched + 1, bad["beats"][-1] + sink + 1, "drains", "red")])
    w.command(load_v, "green")
    for name in ("ATTEND", "STORE_O"):
        queued = t.command(name)
        same(f"{name} never starts", queued["start"], None)
        w.bars(name, [(queued["dispatch"] + 1, latched + 1, "queued", "wait")])
    w.level("halted", [(latched + 1, 1), (reset + 1, 0)])
    w.level("interrupt", [(e["cycle"], e["level"]) for e in t.scenario["interrupts"]])
    w.cells("register writes", [(r["cycle"], "grey", "") for r in t.scenario["writes"]])
    w.mark(broken, f"Beat {bad['error_beat']} of LOAD_K comes with an error response (dark).")
    w.mark(latched, f"Its write cycle: the error is latched. ERROR_CODE = {t.scenario['error_code']} "
                    f"({t.scenario['error']}), ERROR_TAG = {t.scenario['error_tag']}, the tag of LOAD_K.")
    w.mark(same("interrupt", rises, latched + 1),
           "Halted and the interrupt are visible. Nothing is fetched, dispatched or started from now "
           "on. The queued ATTEND and STORE_O are dropped.")
    w.mark(bad["beats"][-1] + sink,
           "LOAD_K has drained: its last beat is written and counted. It never retires, and its bank "
           "is undefined.")
    w.mark(same("LOAD_V", load_v["retire"], t.bursts(False, VALUE, OUTPUT)[0]["beats"][-1] + sink),
           "LOAD_V had started, so it goes on to its end and retires.")
    w.mark(reset, "Firmware writes CONTROL.SOFT_RESET. No burst is outstanding, so the device is "
                  "ready at once.")
    return w.svg()


def write(everything):
    folder = "docs/pictures/"
    return {folder + "attend.svg": attend(everything), folder + "gather.svg": gather(everything),
            folder + "store.svg": store(everything), folder + "error.svg": error(everything)}
