# SPDX-License-Identifier: MIT
"""Results against attention in float64, written here from its definition."""
import numpy
import pytest

import tessera


def rounded(x):
    """float32 of the nearest bfloat16, ties to even: what the device is given."""
    bits = numpy.asarray(x, numpy.float32).view(numpy.uint32).astype(numpy.uint64)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(numpy.uint32).view(
        numpy.float32)


def attention(q, k, v, allowed, scale):
    """softmax(scale q kT, where allowed) v of one head, in float64; v may be |v|."""
    scores = numpy.where(allowed, scale * q.astype(float) @ k.astype(float).T, -numpy.inf)
    weights = numpy.exp(scores - scores.max(axis=1, keepdims=True))
    return weights @ v.astype(float) / weights.sum(axis=1, keepdims=True)


def check_heads(compared, o, q, k, v, allowed):
    """Every element within 2 % of what it would be with |v| instead of v: bf16 weights and sums are
    far better than that, a wrong key or mask far worse."""
    assert o.dtype == numpy.float32 and o.shape == q.shape[:-1] + v.shape[-1:]
    for head in range(q.shape[0]):
        other = head // (q.shape[0] // k.shape[0])
        operands = rounded(q[head]), rounded(k[other]), allowed, q.shape[-1] ** -0.5
        values = rounded(v[other])
        exact = attention(*operands[:2], values, *operands[2:])
        size = attention(*operands[:2], abs(values), *operands[2:])
        compared.all_true(abs(o[head] - exact) <= 0.02 * size)


def causal(n, window=None):
    i, j = numpy.arange(n)[:, None], numpy.arange(n)[None, :]
    return (j <= i) & (j > i - (window or n))


def test_causal_window(compared, random):
    q, k, v = random.standard_normal((3, 2, 200, 16))
    report = tessera.run(q, k, v, device="tiny", mask="causal", window=50)
    check_heads(compared, report.o, q, k, v, causal(200, 50))
    compared.equal(report.verdict, "good")
    compared.equal(report.errors.elements, report.o.size)
    compared.true(report.errors.max_over_bound <= 1)


def test_grouped_heads_and_types(compared, random):
    for dtype in (numpy.float16, numpy.float32, numpy.float64, ">f4"):
        q = random.standard_normal((4, 100, 16)).astype(dtype)
        k, v = random.standard_normal((2, 2, 130, 16)).astype(dtype)
        report = tessera.run(q, k, v, device="tiny", mask="dense", lse=True)
        check_heads(compared, report.o, q, k, v, numpy.ones((100, 130), bool))
        lse = report.tensors["lse"]
        compared.equal(lse.shape, (4, 100))
        scores = rounded(q[0]).astype(float) @ rounded(k[0]).astype(float).T / 4
        compared.all_true(abs(lse[0] - numpy.log(numpy.exp(scores).sum(axis=1))) < 0.02)


def test_strided_arrays(compared, random):
    # Tokens before heads: a view with strides, and the same by head_order.
    x = random.standard_normal((3, 64, 2, 16)).astype(numpy.float32)
    q, k, v = x.transpose(0, 2, 1, 3)
    by_view = tessera.run(q, k, v, device="tiny")
    by_order = tessera.run(*x, device="tiny", head_order="tokens_first")
    compared.all_true(by_view.o == by_order.o.transpose(1, 0, 2))
    check_heads(compared, by_view.o, q, k, v, numpy.ones((64, 64), bool))


def test_gemm(compared, random):
    a, b = random.standard_normal((40, 50)), random.standard_normal((50, 60))
    report = tessera.run(a=a, b=b, device="tiny")
    exact = rounded(a).astype(float) @ rounded(b).astype(float)
    size = abs(rounded(a)).astype(float) @ abs(rounded(b)).astype(float)
    compared.all_true(abs(report.tensors["c"] - exact) <= 1e-4 * size)


def test_same_as_without_arrays(compared):
    # Random operands of the library, twice: the same cycles as a timing-only run, and a prediction.
    fields = {"device": "tiny", "tokens": 300, "dimension": 16, "mask": "causal"}
    report = tessera.run(**fields)
    timing = tessera.run(**fields, timing_only=True)
    foretold = tessera.predict(**fields)
    compared.equal(report["counters.cycles"], timing["counters.cycles"])
    compared.equal(timing.tensors, {})
    compared.true(abs(foretold.cycles / report["counters.cycles"] - 1) < 0.05)
    compared.equal(foretold.calls, report["counters.attends_retired"])
    compared.equal(foretold.schedule, "query-resident")


def test_report(compared, random):
    report = tessera.run(*random.standard_normal((3, 1, 64, 16)), device="tiny")
    tree = report.to_dict()
    compared.equal(tree["counters"]["cycles"]["value"], report["counters.cycles"])
    compared.equal(report.figures["counters.cycles"].unit, "cycle")
    compared.true("length of the window" in report.figures["counters.cycles"].meaning)
    compared.true("error/bound" in report.text)
    page = report._repr_html_()
    for path in report.figures:
        compared.true(f"<td>{path}</td>" in page, path)
    compared.equal(tree["experiment"]["workload"]["source"], "memory")
    with pytest.raises(KeyError):
        report["counters.none"]


def test_results_are_withheld(compared):
    # Inf in a value makes rows that are not exact.
    x = numpy.ones((3, 1, 64, 16), numpy.float32)
    x[2, 0, 5, 3] = numpy.inf
    with pytest.raises(tessera.Error) as raised:
        tessera.run(*x, device="tiny")
    compared.true("1 Inf" in str(raised.value), str(raised.value))
    compared.equal(raised.value.code, "user")
