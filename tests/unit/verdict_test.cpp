// SPDX-License-Identifier: MIT
// What a report says of its own result.
#include "host/library/verdict.h"

#include "tests/support/catch.h"
#include "tests/support/compared.h"

using namespace tessera;
using namespace tessera::host;
using test::Compared;

TEST_CASE("a report has its verdict in a word, the exit code, and what stands against it") {
    const Exactness exact;
    Coverage none;
    RunVerdict good{exact, "o"}, outside = good, nothing = good, rejected = good;
    outside.outside_bound = true;
    nothing.check = nothing.nothing_compared = &none;
    rejected.rejection = "too many rows fail";
    Compared facts("facts");
    const auto is = [&](const RunVerdict& verdict, const char* result, uint64_t code,
                        size_t remarks) {
        const Section section = verdict_section(verdict);
        facts.equal(section.text("result"), result);
        facts.equal(section.count("exit_code"), code);
        facts.equal(section.table("remarks").rows.size(), remarks);
    };
    is(good, "good", 0, 0);
    is(outside, "mismatch", 1, 0);
    is(nothing, "mismatch", 1, 1);
    is(rejected, "not valid", 3, 1);
}
