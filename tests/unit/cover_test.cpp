// SPDX-License-Identifier: MIT
// Covers: fields, constructions, and every pair of tokens exactly once.
#include <map>
#include <set>

#include "host/cover/catalogue.h"
#include "host/cover/cover.h"
#include "host/cover/field.h"
#include "tests/support/compared.h"
#include "tests/unit/cover_checker.h"

using namespace tessera;
using host::CoverKind;
using test::Compared;

namespace {

/// Is no group twice in a class, every group in the first, and that the lines with apart = 0?
std::string class_fault(const host::Cover& cover) {
    for (size_t c = 0; c < cover.classes.size(); ++c) {
        std::set<uint32_t> groups;
        for (const host::Line& line : cover.classes[c]) {
            if ((line.apart == 0) != (c == 0)) return "a line in the wrong class";
            for (const uint32_t group : line.points)
                if (!groups.insert(group).second) return "a group twice in a class";
        }
        if (c == 0 && groups.size() != cover.groups) return "groups missing in the first class";
    }
    return "";
}

void check(const host::Cover& cover, uint32_t m, Compared& covers, uint64_t& pairs) {
    const auto where = [&] {
        return cover.name + ", " + std::to_string(cover.tokens) +
               " tokens, M = " + std::to_string(m);
    };
    for (const bool causal : {false, true})
        covers.equal(test::cover_fault(cover, m, causal, pairs), "", where);
    covers.equal(class_fault(cover), "", where);
    covers.holds(cover.calls() <= cover.lines_of_design, where);
    covers.holds(cover.calls() >= host::schoenheim_bound(cover.tokens, m), where);
}

}  // namespace

TEST_CASE("GF(q) is a field") {
    auto random = test::test_random();
    Compared laws("laws");
    for (uint32_t q = 2; q <= 256; ++q) {
        uint32_t p = 2;  // the definition
        while (q % p != 0) ++p;
        uint32_t rest = q;
        while (rest % p == 0) rest /= p;
        laws.equal(host::prime_of_power(q), rest == 1 ? p : 0, [&] { return std::to_string(q); });
        if (rest != 1) continue;
        const host::Field f(q);
        const auto where = [&] { return "q = " + std::to_string(q); };
        for (uint32_t a = 0; a < q; ++a) {
            laws.equal(f.add(a, 0), a, where);
            laws.equal(f.multiply(a, 1), a, where);
            std::set<uint32_t> sums, products;
            for (uint32_t b = 0; b < q; ++b) {
                sums.insert(f.add(a, b));
                products.insert(f.multiply(a, b));
                const auto c = static_cast<uint32_t>(random() % q);
                laws.holds(
                    f.multiply(c, f.add(a, b)) == f.add(f.multiply(c, a), f.multiply(c, b)) &&
                        f.add(c, f.add(a, b)) == f.add(f.add(c, a), b) &&
                        f.multiply(c, f.multiply(a, b)) == f.multiply(f.multiply(c, a), b) &&
                        f.add(a, b) == f.add(b, a) && f.multiply(a, b) == f.multiply(b, a),
                    where);
            }
            laws.equal(sums.size(), q, where);
            laws.equal(products.size(), a == 0 ? 1 : q, where);
            if (a != 0) laws.equal(f.power(f.log(a)), a, where);
        }
    }
}

TEST_CASE("every construction has the points, width and number of lines that its formula says") {
    Compared designs("numbers of designs");
    std::map<CoverKind, int> kinds;
    for (const host::DesignCandidate& candidate : host::design_candidates(24)) {
        if (candidate.points * candidate.points > 2000000) continue;
        ++kinds[candidate.kind];
        const host::Design design = candidate.build();
        const auto where = [&] { return design.name + ": " + candidate.formula; };
        designs.equal(design.points, candidate.points, where);
        designs.equal(design.width, candidate.width, where);
        designs.equal(design.lines.size(), candidate.lines, where);
        const auto m = static_cast<uint32_t>(candidate.width);
        uint64_t pairs = 0;
        const auto tokens = static_cast<uint32_t>(candidate.points);
        const auto cover = host::cover_by(candidate, tokens, m);
        designs.equal(test::cover_fault(cover, m, false, pairs), "", where);
        designs.equal(class_fault(cover), "", where);
        designs.equal(cover.calls(), candidate.lines, where);
    }
    CHECK(kinds.size() == 6);
}

TEST_CASE("R = 2 to 64: every ordered pair of tokens exactly once, dense and causal") {
    Compared covers("properties of covers");
    uint64_t pairs = 0;
    for (uint32_t ratio = 2; ratio <= 64; ++ratio) {
        const host::DesignCandidate best = host::best_candidate(ratio);
        const auto m = static_cast<uint32_t>(best.width);
        const auto cover = host::plan_cover(ratio * m, m);
        REQUIRE(cover);
        covers.holds(cover->calls() <= best.lines, [&] { return cover->name; });
        check(*cover, m, covers, pairs);
        if (ratio <= 16) check(*host::plan_cover(3 * ratio * m, 3 * m), 3 * m, covers, pairs);
    }
    WARN(pairs << " pairs of tokens");
}

TEST_CASE("calls of covers: never more than the table of the page, the bound at prime powers") {
    Compared ratios("numbers of calls");
    const std::map<uint32_t, uint64_t> table = {
        {2, 6},    {3, 12},   {4, 20},    {5, 30},    {6, 49},    {7, 56},
        {8, 72},   {9, 90},   {10, 130},  {12, 180},  {15, 255},  {16, 272},
        {20, 500}, {24, 648}, {32, 1056}, {33, 1400}, {48, 2448}, {64, 4160}};
    for (uint32_t ratio = 2; ratio <= 64; ++ratio) {
        const host::DesignCandidate best = host::best_candidate(ratio);
        const auto where = [&] { return "R = " + std::to_string(ratio) + ": " + best.formula; };
        const uint64_t bound = uint64_t{ratio} * (ratio + 1);
        const auto m = static_cast<uint32_t>(best.width * 64);
        ratios.equal(host::schoenheim_bound(uint64_t{ratio} * m, m), bound, where);
        ratios.holds(best.lines >= bound, where);
        if (host::prime_of_power(ratio) != 0) ratios.equal(best.lines, bound, where);
        if (table.count(ratio) != 0) ratios.holds(best.lines <= table.at(ratio), where);
        ratios.holds(best.lines <= uint64_t{ratio} * (2 * ratio - 1), where);
    }
}

TEST_CASE("any number of tokens and any M, every kind") {
    auto random = test::test_random();
    Compared covers("properties of covers");
    uint64_t pairs = 0;
    std::map<CoverKind, int> kinds;
    for (int n = 0; n < 150; ++n) {
        const auto m = static_cast<uint32_t>(2 + random() % 60);
        const auto tokens = static_cast<uint32_t>(1 + random() % 500);
        for (const host::CoverKindInfo& info : host::cover_kinds()) {
            const auto cover = host::plan_cover(tokens, m, info.kind);
            if (!cover) continue;
            ++kinds[cover->kind];
            check(*cover, m, covers, pairs);
            const auto best = host::plan_cover(tokens, m);
            REQUIRE(best);
            covers.holds(best->lines_of_design <= cover->lines_of_design,
                         [&] { return cover->name; });
        }
    }
    CHECK(kinds.size() == 8);  // one call for all is of no kind but kAuto
    WARN(pairs << " pairs of tokens");
}

TEST_CASE("no cover: one token a call, or a kind with too few groups") {
    Compared covers("refusals");
    covers.equal(host::plan_cover(2, 1).has_value(), false);
    covers.equal(host::plan_cover(1, 1).has_value(), true);
    covers.equal(host::plan_cover(1000, 4, CoverKind::kGrid).has_value(), false);
    covers.equal(host::plan_cover(1000, 4, CoverKind::kHalf).has_value(), true);
}
