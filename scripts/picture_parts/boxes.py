# SPDX-License-Identifier: MIT
"""The three pictures of docs/architecture.md: the layers, the device as blocks, the life of a run.
Every file that a box names has to exist."""
import re

from .svg import Canvas

PATH, SMALL = 11, 11.5
SUFFIXES = {"h": "hw_model/", "cpp": "hw_model/", "sv": "rtl/"}


def block(c, x, y, width, height, kind, name, lines=(), paths=()):
    """A box with its name, lines of text and paths, all centred."""
    c.box(x, y, width, height, kind)
    middle, room = x + width / 2, width - 8
    rows = 1 + len(lines) + len(paths)
    at = y + height / 2 - (rows - 1) * 8 + 4
    c.text(middle, at, name, 13, anchor="middle", bold=True, room=room)
    for line in lines:
        at += 16
        c.text(middle, at, line, SMALL, "soft", "middle", room=room)
    for path in paths:
        at += 16
        c.text(middle, at, path, PATH, "ink", "middle", mono=True, room=room)


# Name, folder, what it holds; a row may use every row below it.
LAYERS = [
    ("purple", [("cli", "host/cli/", "options, commands, messages, exit codes")]),
    ("purple", [("verify", "host/verify/", "model against RTL, random jobs"),
                ("sweep", "host/sweep/", "many points, each an outcome"),
                ("task", "host/task/", "tasks with known answers")]),
    ("purple", [("library", "host/library/", "from an experiment to its report and files; include/tessera/")]),
    ("purple", [("report", "host/report/", "a run as a document; text, Markdown, CSV, JSON; trace")]),
    ("blue", [("run", "host/run/", "what a run left behind, one process for each simulation")]),
    ("blue", [("predict", "host/predict/", "closed forms, choice of a schedule")]),
    ("blue", [("experiment", "host/experiment/", "every field of a run, as a value and as JSON")]),
    ("blue", [("operation", "host/operation/", "attention, gemm, linear: buffers, jobs for firmware")]),
    ("blue", [("problem", "host/problem/", "inputs, masks, batches, sinks")]),
    ("green", [("platform", "host/platform/", "devices, memory, processors"),
               ("approximation", "host/approximation/", "rules, audit"),
               ("cover", "host/cover/", "sets of tokens")]),
    ("grey", [("reference", "host/reference/", "double precision, bounds"),
              ("config", "host/config/", "JSON, presets, keys"),
              ("io", "host/io/", "tensor files")]),
    ("orange", [("model", "hw_model/", "the device in SystemC"),
                ("RTL", "rtl/", "the device in SystemVerilog"),
                ("firmware", "firmware/", "plans tiles, drives the device")]),
    ("red", [("spec", "spec/", "the contract in code: commands, registers, latencies, numerics")]),
]


def layers():
    width, gap, height = 900, 12, 44
    c = Canvas(width + 40, "Layers of Tessera")
    c.text(20, 28, "Layers: each may use every layer below it, never one above", 15, bold=True)
    y = 48
    for i, (kind, row) in enumerate(LAYERS):
        each = (width - gap * (len(row) - 1)) / len(row)
        for j, (name, folder, text) in enumerate(row):
            x = 20 + j * (each + gap)
            if len(row) < 3:
                c.box(x, y, each, height, kind)
                c.text(x + 14, y + 19, name, 13, bold=True, room=each - 28)
                c.text(x + 14, y + 36, folder, PATH, mono=True)
                left = x + 14 + max(len(folder) * PATH * 0.62, len(name) * 13 * 0.62) + 16
                c.text(left, y + 27, text, SMALL, "soft", room=x + each - left - 4)
            else:
                block(c, x, y, each, height + 14, kind, name, [text], [folder])
        bottom = y + height + (14 if len(row) > 2 else 0)
        if i + 1 < len(LAYERS):
            c.line([(20 + width / 2, bottom), (20 + width / 2, bottom + 17)], arrow=True)
        y = bottom + 18
    return c.svg()


def device():
    c = Canvas(1240, "The device as blocks")
    c.text(20, 28, "The device: each box names its file in the model and its twin in the RTL", 15,
           bold=True)
    c.text(20, 47, "Paths are below hw_model/ and rtl/. The top is hw_model/device.h and "
           "rtl/tessera_device.sv.", 12, "soft")

    def unit(x, y, width, height, kind, name, lines, model, rtl):
        c.box(x, y, width, height, kind)
        at = y + (height - 17 - 15 * len(lines) - 14.5 * len(model + rtl)) / 2 + 12
        c.text(x + width / 2, at, name, 13.5, anchor="middle", bold=True, room=width - 8)
        at += 17
        for line in lines:
            c.text(x + width / 2, at, line, SMALL, "soft", "middle", room=width - 8)
            at += 15
        for path in model + rtl:
            c.text(x + width / 2, at + 1, path, 10.5, "ink", "middle", mono=True, room=width - 6)
            at += 14.5

    # The frame and its hardware folders.
    c.box(20, 64, 1200, 656, "frame", 8)
    for x, y, text in ((36, 86, "front/"), (36, 292, "load/"), (330, 292, "compute/"),
                       (958, 292, "store/"), (36, 618, "memory/")):
        c.text(x, y, text, 13, "soft", mono=True, bold=True)

    unit(36, 96, 216, 84, "grey", "csr", ["registers, interrupt"], ["front/csr.h"],
         ["front/tessera_csr.sv"])
    unit(282, 96, 246, 100, "grey", "front end", ["fetches lines of 4 descriptors"],
         ["front/front_end.h"], ["front/tessera_front_end.sv"])
    unit(558, 96, 278, 116, "grey", "dispatch", ["checks, takes tickets, in order"],
         ["front/dispatch.h"], ["front/tessera_dispatch.sv", "front/tessera_descriptor_check.sv"])
    unit(866, 96, 338, 84, "grey", "scoreboard", ["tickets: who may touch which bank"],
         ["front/scoreboard.h"], ["front/tessera_scoreboard.sv"])
    unit(36, 196, 216, 68, "grey", "error latch", [], ["front/error_latch.h"],
         ["front/tessera_error_latch.sv"])
    unit(866, 196, 338, 68, "grey", "counters", [], ["front/counters.h"],
         ["front/tessera_counters.sv"])
    c.line([(252, 132), (282, 132)], arrow=True)
    c.line([(528, 132), (558, 132)], arrow=True)
    c.line([(836, 132), (866, 132)], arrow=True)
    c.line([(866, 148), (836, 148)], arrow=True)

    # Three queues.
    c.box(282, 228, 554, 38, "grey")
    c.text(559, 244, "three command queues of 8, one for each engine", SMALL, "soft", "middle")
    c.text(559, 259, "front/command_queue.h   front/tessera_command_queue.sv", 10.5, "ink", "middle",
           mono=True)
    c.line([(697, 212), (697, 228)], arrow=True)
    c.line([(300, 266), (300, 279), (160, 279), (160, 302)], arrow=True)
    c.line([(480, 266), (480, 302)], arrow=True)
    c.line([(818, 266), (818, 279), (1081, 279), (1081, 302)], arrow=True)

    unit(36, 302, 250, 116, "blue", "load engine", ["fills all banks, may gather"],
         ["load/load_engine.h"], ["load/tessera_load_engine.sv", "load/tessera_load_sink.sv"])
    unit(330, 302, 280, 100, "orange", "score stage", ["q·k, scale, mask, row maximum"],
         ["compute/score_stage.h"], ["compute/tessera_score_stage.sv"])
    unit(642, 302, 286, 100, "orange", "value stage", ["exp2, p·v"], ["compute/value_stage.h"],
         ["compute/tessera_value_stage.sv"])
    unit(958, 302, 246, 116, "green", "store engine", ["divides by l, packs rows"],
         ["store/store_engine.h"], ["store/tessera_store_engine.sv", "store/tessera_store_pipe.sv"])
    c.line([(610, 346), (642, 346)], arrow=True)

    unit(330, 430, 280, 84, "purple", "Q, K, V banks", ["two of each kind"], ["compute/banks.h"],
         ["compute/tessera_operand_bank.sv"])
    unit(642, 430, 286, 84, "purple", "merge", ["two partial results into one"],
         ["compute/value_stage.cpp"], ["compute/tessera_merge.sv"])
    unit(642, 534, 286, 68, "purple", "state banks, two", [], ["compute/banks.h"],
         ["compute/tessera_state_bank.sv"])
    unit(330, 534, 280, 68, "orange", "mask", [], ["arith/tile_kernel_mask.h"],
         ["compute/tessera_mask_unit.sv"])
    c.line([(161, 418), (161, 466), (330, 466)], arrow=True)
    c.line([(470, 430), (470, 402)], arrow=True)
    c.line([(610, 450), (626, 450), (626, 386), (642, 386)], arrow=True)
    c.line([(785, 402), (785, 430)], arrow=True)
    c.line([(775, 514), (775, 534)], arrow=True)
    c.line([(795, 534), (795, 514)], arrow=True)
    c.line([(928, 568), (1081, 568), (1081, 418)], arrow=True)
    c.line([(330, 568), (316, 568), (316, 372), (330, 372)], arrow=True)

    unit(36, 626, 1168, 76, "grey", "memory port", ["reads for front end and load engine, writes for store engine; AXI4"], ["memory/memory_port.h  memory/burst_plan.h"],
         ["memory/tessera_memory_port.sv  memory/tessera_burst_plan.sv"])
    c.line([(100, 626), (100, 418)], arrow=True)
    c.line([(1160, 418), (1160, 626)], arrow=True)

    # Outside the device.
    unit(36, 760, 430, 84, "red", "processor and firmware", ["registers by AXI4-Lite, interrupt"],
         ["host/platform/processor.h"], ["firmware/driver/driver.h"])
    unit(496, 760, 708, 84, "red", "memory behind the bus", ["tensors, ring of descriptors, records; AXI4"],
         ["hw_model/memory/ideal_memory.h"], ["hw_model/memory/dram_memory.h"])
    c.line([(250, 760), (250, 742), (28, 742), (28, 138), (36, 138)], arrow=True)
    c.line([(850, 702), (850, 760)], arrow=True)
    c.line([(870, 760), (870, 702)], arrow=True)
    return c.svg()


# Lane, two lines of text, path.
LANES = ["host", "firmware", "device and memory", "after the last command"]
STEPS = [
    (0, "Options become an experiment,", "that a job", "host/run/job.cpp"),
    (0, "Tensors are read and", "rounded to bf16", "host/problem/inputs.cpp"),
    (0, "Each tensor gets", "its device addresses", "host/operation/layout.cpp"),
    (0, "Calls, cycles and bytes", "are foretold by formula", "host/predict/closed_form.cpp"),
    (0, "A simulation is built,", "one in a process", "host/platform/platform.cpp"),
    (1, "The job is checked", "before any command", "firmware/runner/job_check.cpp"),
    (1, "Pairs of tiles come in the", "order of the schedule", "firmware/plan/planner.cpp"),
    (1, "Each pair becomes loads,", "an ATTEND, a store", "firmware/attention/sequencer.cpp"),
    (1, "Descriptors go into the", "ring, RING_TAIL moves", "firmware/driver/driver.cpp"),
    (2, "Lines are fetched,", "commands dispatched", "hw_model/front/front_end.cpp"),
    (2, "Tiles are loaded,", "attended and merged", "hw_model/compute/value_stage.cpp"),
    (2, "Rows are divided", "and stored", "hw_model/store/store_engine.cpp"),
    (2, "FENCE: a record,", "counters, an interrupt", "hw_model/store/store_engine.cpp"),
    (3, "Firmware merges what the", "profile leaves to it", "firmware/merge/merger.cpp"),
    (3, "The result is compared", "with float64 attention", "host/reference/attention.cpp"),
    (3, "Counters become figures", "with their formulas", "host/report/derived_section.cpp"),
    (3, "Report as a document,", "tensors and trace", "host/report/attention_document.cpp"),
    (3, "The exit code says", "what was found", "host/run/execution.cpp"),
]


def life_of_a_run():
    width, gap, height, step = 286, 26, 62, 80
    c = Canvas(40 + 4 * width + 3 * gap, "The life of one run")
    c.text(20, 28, "The life of one run, by the example of tessera run", 15, bold=True)
    kinds = ["blue", "orange", "green", "purple"]
    columns = [[s for s in STEPS if s[0] == lane] for lane in range(len(LANES))]
    tallest = max(len(column) for column in columns)
    n = 0
    for lane in range(len(columns)):
        c.box(20 + lane * (width + gap), 46, width, 44 + tallest * step, "frame", 8)
    for lane, column in enumerate(columns):
        x = 20 + lane * (width + gap)
        c.text(x + width / 2, 68, LANES[lane], 13.5, anchor="middle", bold=True)
        for i, (_, first, second, path) in enumerate(column):
            n += 1
            y = 82 + i * step
            c.box(x + 10, y, width - 20, height, kinds[lane])
            c.text(x + 32, y + 36, str(n), 16, "ink", "middle", bold=True)
            c.text(x + 54, y + 19, first, 12, room=width - 66)
            c.text(x + 54, y + 34, second, 12, room=width - 66)
            c.text(x + 54, y + 52, path, 10.5, "ink", mono=True, room=width - 66)
            if i + 1 < len(column):
                c.line([(x + width / 2, y + height), (x + width / 2, y + step - 1)], arrow=True)
        if lane + 1 < len(columns):
            y = 82 + (len(column) - 1) * step + height / 2
            c.line([(x + width - 10, y), (x + width + gap / 2, y), (x + width + gap / 2, 113),
                    (x + width + gap + 9, 113)], arrow=True)
    return c.svg()


def named(svg):
    """The files and folders that a picture names; short ones are below hw_model/ or rtl/."""
    for text in re.findall(r'<text class="[^"]*mono[^"]*"[^>]*>([^<]*)</text>', svg):
        for word in text.split():
            if re.match(r"(hw_model|rtl|firmware|host|spec)/", word):
                yield word
            elif "." in word:
                yield SUFFIXES[word.rpartition(".")[2]] + word
            elif word.endswith("/"):
                yield from ("hw_model/" + word, "rtl/" + word)


def write():
    folder = "docs/pictures/"
    return {folder + "layers.svg": layers(), folder + "device.svg": device(),
            folder + "run.svg": life_of_a_run()}
