// SPDX-License-Identifier: MIT
// Which rows see a clamped score, and which NaN and Inf the input does not explain: against the
// definitions, in double precision.
#include <cmath>
#include <limits>

#include "host/float_bits.h"
#include "host/operation/inexact_rows.h"
#include "tests/support/compared.h"

using namespace tessera;
using namespace tessera::host;
using test::Compared;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Two query heads share a key/value head, twice. Each query sees a run of keys, or two.
struct Case {
    static constexpr uint32_t kHeads = 4, kKvHeads = 2, kNq = 90, kNk = 700, kDk = 5, kDv = 3;
    std::vector<float> q, k, v;
    std::vector<std::vector<KeyRange>> seen;
    ReferenceProblem problem;

    explicit Case(std::mt19937_64& random) {
        const auto draw = [&](size_t count, int powers) {
            std::vector<float> numbers(count);
            for (float& x : numbers) {
                const float size = std::ldexp(1 + static_cast<float>(random() % 128) / 128,
                                              static_cast<int>(random() % (2 * powers)) - powers);
                x = random() % 2 == 0 ? size : -size;
            }
            return numbers;
        };
        q = draw(size_t{kHeads} * kNq * kDk, 8);
        k = draw(size_t{kKvHeads} * kNk * kDk, 4);
        v = draw(size_t{kKvHeads} * kNk * kDv, 2);
        for (uint32_t row = 0; row < kHeads * kNq; ++row) {
            const auto a = static_cast<uint32_t>(random() % 350),
                       b = static_cast<uint32_t>(random() % 350);
            seen.push_back({});
            if (random() % 4 != 0) seen.back().push_back({a, 350});
            if (random() % 4 != 0) seen.back().push_back({360, 360 + b % 340});
            join(seen.back());
        }
        problem.query_heads = kHeads;
        problem.kv_heads = kKvHeads;
        problem.nq = kNq;
        problem.nk = kNk;
        problem.d_k = kDk;
        problem.d_v = kDv;
        problem.q = fp32_reader(q.data());
        problem.k = fp32_reader(k.data());
        problem.v = fp32_reader(v.data());
        problem.visible = [this](uint32_t head, uint32_t row, std::vector<KeyRange>& ranges) {
            ranges = seen[head * kNq + row];
        };
    }
    Case(const Case&) = delete;
    Case& operator=(const Case&) = delete;

    /// The largest |score| that a row sees.
    double largest(uint32_t row, double factor) const {
        double most = 0;
        for (const KeyRange& range : seen[row])
            for (uint32_t j = range.begin; j < range.end; ++j) {
                double sum = 0;
                for (uint32_t c = 0; c < kDk; ++c)
                    sum += static_cast<double>(q[row * kDk + c]) *
                           static_cast<double>(k[(row / kNq / 2 * kNk + j) * kDk + c]);
                most = std::fmax(most, std::fabs(sum * factor));
            }
        return most;
    }
};

bool has(const RowNames& rows, uint32_t row) {
    for (const RowName& name : rows)
        if (name.head * Case::kNq + name.row == row) return true;
    return false;
}

}  // namespace

TEST_CASE("rows that see a clamped score are those with a score beyond 32,767") {
    auto random = test::test_random();
    Compared rows("rows");
    const Case c(random);
    uint64_t clamped = 0, others = 0;
    for (const float factor : {2.0f, -8.0f, 16.0f, 64.0f}) {
        const RowNames found = clamped_rows(c.problem, bits_of(factor));
        for (size_t i = 1; i < found.size(); ++i)
            rows.holds(found[i - 1] < found[i], [&] { return "not ascending"; });
        for (uint32_t row = 0; row < Case::kHeads * Case::kNq; ++row) {
            const double largest = c.largest(row, static_cast<double>(factor));
            if (std::fabs(largest - 32767) < 1) continue;  // fp32 may round to either side
            (largest > 32767 ? clamped : others) += 1;
            rows.equal(has(found, row), largest > 32767,
                       [&] { return std::to_string(row) + ": " + std::to_string(largest); });
        }
    }
    INFO(clamped << " clamped, " << others << " not");
    CHECK((clamped > 100 && others > 100));
}

TEST_CASE("NaN and Inf of the input explain rows that see them, and no others") {
    auto random = test::test_random();
    Compared rows("rows");
    Case c(random);
    ElementNames all[2];  // an element of each row, in column 0 or 1
    for (uint32_t column = 0; column < 2; ++column)
        for (uint32_t row = 0; row < Case::kHeads * Case::kNq; ++row)
            all[column].push_back({{row / Case::kNq, row % Case::kNq}, column});
    rows.equal(unexplained_rows(c.problem, all[1]).size(), all[1].size());
    c.q[(1 * Case::kNq + 7) * Case::kDk + 2] = std::nanf("");
    c.k[(0 * Case::kNk + 300) * Case::kDk] = kInfinity;
    c.v[(1 * Case::kNk + 400) * Case::kDv + 1] = -kInfinity;
    for (uint32_t column = 0; column < 2; ++column) {
        const RowNames left = unexplained_rows(c.problem, all[column]);
        for (uint32_t row = 0; row < Case::kHeads * Case::kNq; ++row) {
            bool explained = row == 1 * Case::kNq + 7;
            for (const KeyRange& range : c.seen[row]) {
                const bool in_k = row / Case::kNq < 2;
                const uint32_t key = in_k ? 300 : 400;
                explained =
                    explained || ((in_k || column == 1) && range.begin <= key && key < range.end);
            }
            rows.equal(has(left, row), !explained, [&] { return std::to_string(row); });
        }
    }
}

TEST_CASE("rows with NaN and Inf are found") {
    Compared rows("rows");
    ElementNames found;
    add_nonfinite({1, 2, kInfinity, 4, 5, 6, -kInfinity, std::nanf("")}, 2, 3, 10, found);
    REQUIRE(found.size() == 3);
    const uint32_t places[3][2] = {{11, 0}, {13, 0}, {13, 1}};
    for (size_t i = 0; i < 3; ++i) {
        rows.equal(found[i].row.head, 3u);
        rows.equal(found[i].row.row, places[i][0]);
        rows.equal(found[i].column, places[i][1]);
    }
    rows.equal(rows_of(found).size(), 2u);
}
