# SPDX-License-Identifier: MIT
"""Mistakes, hooks, signals: who hears of what."""
import os
import pickle
import signal
import threading
import time

import numpy
import pytest

import tessera

X = numpy.ones((1, 32, 16), numpy.float32)


@pytest.mark.parametrize("arguments, fields, field, allowed", [
    ((X, X, X), {"device": "bse"}, "machine.device", "base"),
    ((X, X, X), {"device": "tiny", "mask": "causl"}, "workload.mask.kind", "dense, causal, sparse"),
    ((X, X, X), {"device": "tiny", "window": -1}, "workload.mask.window", "0 to"),
    ((X, X, X), {"device": "tiny", "windw": 5}, "keyword", "did you mean window?"),
    ((X, X, X), {"device": "tiny", "schedule": "pared"}, "schedule.name", "paired"),
    ((X, X), {"device": "tiny"}, "workload.operands.v", "a tensor in memory"),
    ((X, X, X[:, :9]), {"device": "tiny"}, "workload.operands.k", ""),
    ((X.astype(int), X, X), {"device": "tiny"}, "workload.operands.q", "float32"),
    ((), {"source": "memory"}, "workload.operands.q", "a tensor in memory"),
    ((X, X, X), {"settings": {"device.LANE": "3"}}, "machine.settings", "device.LANES"),
])
def test_mistakes(compared, arguments, fields, field, allowed):
    with pytest.raises(tessera.Error) as raised:
        tessera.run(*arguments, **fields)
    error = raised.value
    compared.equal((error.code, error.field), ("user", field))
    compared.true(allowed in error.allowed + str(error), str(error))
    again = pickle.loads(pickle.dumps(error))
    compared.equal((str(again), again.field, again.allowed), (str(error), field, error.allowed))


def test_did_you_mean(compared):
    for fields, name in (({"device": "bse"}, "base"), ({"mask": "causl"}, "causal"),
                         ({"schedule": "kv-residnt"}, "kv-resident")):
        with pytest.raises(tessera.Error, match=f"did you mean {name}\\?"):
            tessera.run(**fields)
        compared.true(True)


def test_notes(compared, random):
    # More heads than tokens: perhaps tokens come first.
    x = random.standard_normal((3, 40, 8, 16))
    with pytest.warns(tessera.NoteWarning, match="tokens_first"):
        tessera.run(*x, device="tiny")
    heard = []
    tessera.run(*x, device="tiny", note=heard.append, decision=heard.append)
    compared.true(any("tokens_first" in text for text in heard))
    compared.true(any("schedule" in text for text in heard))


def test_progress(compared):
    heard = []
    tessera.run(X, X, X, device="tiny", progress=lambda phase, share: heard.append((phase, share)))
    compared.true("simulating" in {phase for phase, _ in heard}, heard)
    with pytest.raises(tessera.Error) as raised:
        tessera.run(X, X, X, device="tiny", progress=lambda phase, share: False)
    compared.equal(raised.value.code, "cancelled")
    with pytest.raises(ZeroDivisionError):
        tessera.run(X, X, X, device="tiny", progress=lambda phase, share: 1 / 0)


def test_interrupt(compared):
    # Hours of simulation, ended by the signal that Ctrl-C sends; other threads go on meanwhile.
    counted, done = [], threading.Event()

    def count():
        while not done.wait(0.01):
            counted.append(1)

    thread = threading.Thread(target=count)
    timer = threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT))
    thread.start()
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            tessera.run(tokens=1 << 20, timing_only=True, note=None)
    finally:
        done.set()
        thread.join()
        timer.join()
    compared.true(len(counted) > 5, "other threads waited for the run")
    deadline = time.monotonic() + 30
    while not no_children() and time.monotonic() < deadline:
        time.sleep(0.05)
    compared.true(no_children(), "the simulation still runs")


def no_children():
    try:
        os.waitpid(-1, os.WNOHANG)
        return False
    except ChildProcessError:
        return True


def test_sweep(compared, random):
    x = random.standard_normal((3, 1, 96, 16))
    experiments = list(tessera.grid(tessera.Experiment(device="tiny"), prefix=[16, 32, 0],
                                    mask=["causal", "dense"]))
    points = list(tessera.sweep(experiments, jobs=2, q=x[0], k=x[1], v=x[2]))
    compared.equal([point.experiment for point in points], experiments)
    for point in points:
        mask = point.experiment.workload.mask
        if mask.prefix and mask.kind == "dense":  # which sees the prefix anyway
            compared.equal((point.report, point.error.field), (None, "workload.mask.prefix"))
            continue
        alone = tessera.run(*x, experiment=point.experiment)
        compared.equal(point.report["counters.cycles"], alone["counters.cycles"])
        compared.all_true(point.report.o == alone.o)
