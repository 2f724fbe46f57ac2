// SPDX-License-Identifier: MIT
// Tasks with known answers: codes by brute force, truths by evaluators of their own, which draw as
// docs/use/tasks.md says.
#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "host/task/catalogue.h"
#include "host/task/tasks.h"
#include "tests/support/compared.h"

using namespace tessera;
using host::Addressing;
using host::Fields;
using test::Compared;

namespace {

double product(const std::vector<float>& q, const std::vector<float>& k) {
    double sum = 0;
    for (size_t i = 0; i < q.size(); ++i) sum += double{q[i]} * double{k[i]};
    return sum;
}

/// `count` draws modulo `modulus`.
std::vector<int64_t> drawn(std::mt19937_64& bits, uint64_t count, uint64_t modulus) {
    std::vector<int64_t> numbers;
    for (uint64_t i = 0; i < count; ++i) numbers.push_back(static_cast<int64_t>(bits() % modulus));
    return numbers;
}

std::unique_ptr<const host::Task> task_of(const std::string& name, uint64_t seed,
                                          const std::string& layout = "") {
    TaskOptions options;
    options.name = name;
    options.seed = seed;
    options.layout = layout;
    if (name == "mqar") options.tokens = 256 + 4 * (seed % 50);
    if (name == "kv") options.pairs = 20 + seed % 30;
    if (name == "kv") options.tokens = *options.pairs * 2 + seed % 40;
    return host::make_task(options, {}).task;
}

}  // namespace

TEST_CASE("task codes: a match is higher than all others by the gap, and tags tell them apart") {
    Compared scores("scores"), tags("tags"), contents("contents");
    for (const host::CodeKind kind : {host::CodeKind::kDigits, host::CodeKind::kBits}) {
        for (const uint64_t addresses : {1U, 2U, 3U, 16U, 17U, 300U}) {
            const host::AddressCode code(kind, addresses, 64, 1);
            REQUIRE(code.complete());
            std::vector<float> q(code.key_columns()), k(q), none(q), tag(code.tag_columns());
            code.put_key(host::kNothing, none.data());
            const auto all = static_cast<int64_t>(addresses);
            for (int64_t a = 0; a < all; ++a) {
                code.put_query(a, q.data());
                code.put_key(a, k.data());
                const double match = product(q, k);
                const auto where = [&] { return std::to_string(a); };
                // Of bits a key of nothing is 0, so a match is as far as it has bits.
                scores.holds(match - product(q, none) >= host::kCodeGap, where);
                for (int64_t b = 0; b < all; ++b) {
                    code.put_tag(b, tag.data());
                    tags.equal(code.is_tag_of(a, tag.data()), a == b, where);
                    if (a == b) continue;
                    code.put_key(b, k.data());
                    scores.holds(match - product(q, k) >= host::kCodeGap, where);
                }
            }
        }
        for (const uint32_t bits : {1U, 8U, 9U, 16U}) {
            const host::ContentCode code(kind, bits);
            std::vector<float> row(code.columns());
            for (int64_t content = 0; content < (int64_t{1} << bits); ++content) {
                code.put(content, row.data());
                for (float& element : row) element += 1e-4F;
                contents.equal(code.get(row.data()), content);
            }
        }
    }
}

namespace {

/// The other addresses whose keys score highest, all the same: one bit off, or a digit by one.
std::vector<int64_t> nearest(host::CodeKind kind, int64_t address, int64_t count) {
    std::vector<int64_t> all;
    for (int64_t place = 1; place < count; place *= kind == host::CodeKind::kBits ? 2 : 16) {
        if (kind == host::CodeKind::kBits) {
            all.push_back(address ^ place);
            continue;
        }
        const int64_t digit = address / place % 16;
        if (digit > 0) all.push_back(address - place);
        if (digit < 15) all.push_back(address + place);
    }
    return all;
}

}  // namespace

TEST_CASE("task codes: no mixture of the nearest others has an address's tag") {
    Compared tags("tags");
    auto random = test::test_random();
    for (const host::CodeKind kind : {host::CodeKind::kDigits, host::CodeKind::kBits})
        for (const int64_t count : {16, 256, 4096, 65536}) {
            const host::AddressCode code(kind, static_cast<uint64_t>(count), 64, 1);
            std::vector<float> tag(code.tag_columns());
            for (int i = 0; i < 5000; ++i) {
                const auto address = static_cast<int64_t>(random() % static_cast<uint64_t>(count));
                std::vector<float> mean(tag.size(), 0.0F);
                float mixed = 0;
                for (const int64_t other : nearest(kind, address, count)) {
                    if (random() % 4 == 0) continue;
                    code.put_tag(other, tag.data());
                    for (size_t c = 0; c < tag.size(); ++c) mean[c] += tag[c];
                    ++mixed;
                }
                if (mixed == 0) continue;
                for (float& element : mean) element /= mixed;
                const auto where = [&] {
                    return std::to_string(address) + " of " + std::to_string(count);
                };
                tags.holds(!code.is_tag_of(address, mean.data()), where);
                // With nearly all of the weight at the address itself it has.
                code.put_tag(address, tag.data());
                for (size_t c = 0; c < tag.size(); ++c) mean[c] = 0.99F * tag[c] + 0.01F * mean[c];
                tags.holds(code.is_tag_of(address, mean.data()), where);
            }
        }
}

TEST_CASE("task kv: a query's answer is the value of the record with its key") {
    Compared answers("answers");
    for (uint64_t seed = 1; seed <= 20; ++seed)
        for (const char* layout : {"first", "spread"}) {
            const auto task = task_of("kv", seed, layout);
            std::map<int64_t, int64_t> values;
            std::set<int64_t> asked;
            for (uint64_t p = 0; p < task->tokens(); ++p) {
                const Fields token = task->token(p);
                if (task->counts(p)) {
                    REQUIRE(asked.insert(token[0]).second);
                    answers.equal(task->answer(p), host::fields_of(values.at(token[0])));
                } else if (token[0] != host::kNothing) {
                    REQUIRE(values.emplace(token[0], token[1]).second);
                }
            }
            answers.equal(asked.size(), values.size());
        }
}

TEST_CASE("task mqar: a query's answer is the value behind the earlier token with its key") {
    Compared answers("answers"), counts("numbers of answers");
    constexpr int64_t kKey = 1, kValue = 2;
    for (uint64_t seed = 1; seed <= 20; ++seed)
        for (const char* layout : {"first", "spread"}) {
            const auto task = task_of("mqar", seed, layout);
            uint64_t asked = 0;
            std::map<int64_t, int64_t> values;
            for (uint64_t p = 0; p < task->tokens(); ++p) {
                const Fields token = task->token(p);
                const bool pair =
                    p + 1 < task->tokens() && token[0] == kKey && task->token(p + 1)[0] == kValue;
                if (pair) values[token[1]] = task->token(p + 1)[1];
                if (!task->counts(p)) continue;
                ++asked;
                answers.equal(token[0], kKey);
                answers.equal(task->answer(p), host::fields_of(values.at(token[1])));
            }
            counts.equal(asked, task->tokens() / 8);
        }
}

TEST_CASE("task reg: cells by their recurrence from the documented draws") {
    Compared symbols("symbols"), asks("addresses");
    for (uint64_t seed = 1; seed <= 10; ++seed) {
        const uint64_t n = 3 + 7 * seed;
        const auto task = host::regular_task(n, seed);
        std::mt19937_64 bits(seed);
        const std::vector<int64_t> s = drawn(bits, n, 64);
        std::vector<int64_t> h(n), g(n), dp(n);
        for (uint64_t i = 1; i < n; ++i) h[i] = static_cast<int64_t>(bits() % i);
        for (uint64_t i = 0; i < n; ++i) g[i] = static_cast<int64_t>(bits() % n);
        for (uint64_t i = 0; i < n; ++i) {
            const int64_t before = i == 0 ? 0 : 5 * dp[static_cast<uint64_t>(h[i])];
            dp[i] = (before + s[static_cast<uint64_t>(g[i])] + static_cast<int64_t>(i)) % 64;
            symbols.equal(task->token(i)[0], s[i]);
            symbols.equal(task->token(n + i)[0], dp[i]);
            const auto size = static_cast<int64_t>(n);
            asks.equal(task->asks(0, n + i - 1, task->token(n + i - 1)),
                       std::vector<int64_t>{i == 0 ? host::kNothing : size + h[i], g[i]});
        }
        symbols.equal(task->tokens(), 2 * n);
    }
}

TEST_CASE("task reg-local: cells by their recurrence, changes by what they take over") {
    Compared symbols("symbols");
    for (uint64_t seed = 1; seed <= 10; ++seed) {
        const uint64_t n = 5 + 9 * seed, m = 1 + seed % 6;
        const auto task = host::local_regular_task(n, m, Addressing::kRing, seed);
        std::mt19937_64 bits(seed);
        const std::vector<int64_t> s = drawn(bits, n, 64);
        std::vector<int64_t> dp(n);
        for (uint64_t i = 0; i < n; ++i) {
            int64_t before = 0;
            if (i > 0) {
                const uint64_t least = i > m ? i - m : 0;
                before = 5 * dp[least + bits() % (i - least)];
            }
            dp[i] = (before + s[i] + static_cast<int64_t>(i)) % 64;
            symbols.equal(task->token(2 * i), host::fields_of(s[i]));
            symbols.equal(task->token(2 * i + 1),
                          host::fields_of(dp[i], dp[i] - (i >= m ? dp[i - m] : 0)));
        }
    }
}

namespace {

/// The least cost of making `a` of `b` by insertions and deletions of cost 2 and replacements of
/// cost 3, by trying all; small texts only.
int64_t distance(const std::vector<int64_t>& a, size_t i, const std::vector<int64_t>& b, size_t j) {
    if (i == 0) return 2 * static_cast<int64_t>(j);
    if (j == 0) return 2 * static_cast<int64_t>(i);
    const int64_t last = a[i - 1] == b[j - 1] ? 0 : 3;
    return std::min({distance(a, i - 1, b, j - 1) + last, distance(a, i - 1, b, j) + 2,
                     distance(a, i, b, j - 1) + 2});
}

}  // namespace

TEST_CASE("task ed: cells are the distances of all beginnings of both texts") {
    Compared cells("cells"), others("other tokens");
    for (uint64_t seed = 1; seed <= 6; ++seed) {
        const uint64_t n = 1 + seed % 6;
        const auto task = host::edit_task(n, Addressing::kPosition, seed);
        std::vector<int64_t> a, b;
        for (uint64_t i = 0; i < n; ++i) {
            a.push_back(task->token(i)[0]);
            b.push_back(task->token(n + i)[0]);
        }
        const auto size = static_cast<int64_t>(n);
        others.equal(task->tokens(), n * n + 3 * n + 1);
        others.equal(task->token(2 * n)[0], 4 * size + 3);
        uint64_t p = 2 * n + 1;
        for (uint64_t i = 1; i <= n; ++i) {
            for (uint64_t j = 1; j <= n; ++j, ++p) {
                cells.equal(task->token(p)[0], distance(a, i, b, j));
                cells.equal(task->counts(p - 1), true);
            }
            others.equal(task->token(p)[0], 4 * size + 2);
            others.equal(task->counts(p++ - 1), false);
        }
    }
}

TEST_CASE(
    "task ed-local: a cell is the least distance of the pattern's beginning to a text's end") {
    Compared cells("cells");
    for (uint64_t seed = 1; seed <= 6; ++seed) {
        const uint64_t n = 6, m = 1 + seed % 5;
        const auto task = host::local_edit_task(n, m, Addressing::kPosition, seed);
        std::vector<int64_t> pattern, text;
        for (uint64_t j = 0; j < m; ++j) pattern.push_back(task->token(1 + j)[0] / 32);
        for (uint64_t i = 1; i <= n; ++i) text.push_back(task->token(i * (m + 1))[0]);
        for (uint64_t i = 1; i <= n; ++i)
            for (uint64_t j = 1; j <= m; ++j) {
                const std::vector<int64_t> part(pattern.begin(),
                                                pattern.begin() + static_cast<ptrdiff_t>(j));
                int64_t least = INT64_MAX;
                for (uint64_t begin = 0; begin <= i; ++begin) {
                    const std::vector<int64_t> end(text.begin() + static_cast<ptrdiff_t>(begin),
                                                   text.begin() + static_cast<ptrdiff_t>(i));
                    least = std::min(least, distance(end, end.size(), part, j));
                }
                cells.equal(task->token(i * (m + 1) + j),
                            host::fields_of(least + 32 * pattern[j - 1], text[i - 1]));
            }
    }
}

TEST_CASE("task vartrack: the last variable has the value that its chain begins with") {
    Compared answers("answers"), chains("chains");
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        const host::PointerShape shape{60 + seed, 1 + seed % 7, 1 + seed % 5, false};
        const auto task = host::pointer_task(shape, seed);
        std::map<int64_t, std::pair<int64_t, bool>> assigned;  // name: pointer, is it a value
        uint64_t asked = 0;
        for (uint64_t p = 0; p < task->tokens(); ++p) {
            const Fields token = task->token(p);
            if (token[2] != host::kNothing) {
                // Variables are named after those that they point to.
                if (token[1] == 0) chains.equal(assigned.count(token[0]), size_t{1});
                REQUIRE(assigned.emplace(token[2], std::pair(token[0], token[1] == 1)).second);
            }
            if (!task->counts(p)) continue;
            ++asked;
            uint64_t hops = 0;
            auto at = assigned.at(token[0]);
            for (; !at.second; ++hops) at = assigned.at(at.first);
            answers.equal(task->answer(p), host::fields_of(at.first));
            chains.equal(hops, shape.hops);
        }
        chains.equal(asked, shape.chains);
    }
}

TEST_CASE("task induction and copy: the second text is the first") {
    Compared symbols("symbols");
    for (const uint64_t gram : {0U, 1U, 3U}) {
        const auto task = gram == 0 ? host::copy_task(40, 9, 5)
                                    : host::induction_task(40, 9, static_cast<uint32_t>(gram), 5);
        std::mt19937_64 bits(5);
        const std::vector<int64_t> text = drawn(bits, 20, 9);
        for (uint64_t p = 0; p < 40; ++p) {
            symbols.equal(task->token(p), host::fields_of(text[p % 20]));
            symbols.equal(task->counts(p), p + 1 >= 20 + gram && p + 1 < 40);
            if (task->counts(p))
                symbols.equal(task->answer(p), host::fields_of(text[(p + 1) % 20]));
        }
    }
}

namespace {

/// The value of an expression from `at` on, which moves behind it, by descent.
int64_t evaluated(const std::vector<int64_t>& symbols, size_t& at) {
    if (symbols[at] < 11) return symbols[at++];
    REQUIRE(symbols[at++] == 15);  // (
    const int64_t a = evaluated(symbols, at), op = symbols[at++], b = evaluated(symbols, at);
    REQUIRE(symbols[at++] == 16);  // )
    if (op == 11) return (a + b) % 11;
    if (op == 12) return (a + 11 - b) % 11;
    if (op == 13) return a * b % 11;
    REQUIRE(op == 14);
    for (int64_t quotient = 0; quotient < 11; ++quotient)
        if (quotient * b % 11 == a) return quotient;
    return -1;
}

}  // namespace

TEST_CASE("task arithmetic: every step has the value of the first, and one operator less") {
    Compared values("values"), fields("fields");
    for (uint64_t seed = 1; seed <= 30; ++seed) {
        const uint64_t operators = 1 + seed % 12, kept = 4 * operators + 3;
        const auto task = host::arithmetic_task(operators, Addressing::kRing, seed);
        REQUIRE(task->tokens() == 2 * (operators + 1) * (operators + 1) + 1);
        std::vector<std::vector<int64_t>> steps(1);
        int64_t start = host::kNothing, begin = 0;
        for (uint64_t p = 0; p + 1 < task->tokens(); ++p) {
            const Fields token = task->token(p);
            fields.equal(token[1], static_cast<int64_t>(p) - begin);
            fields.equal(token[3], start);
            const int64_t before = p < kept ? 0 : task->token(p - kept)[0];
            fields.equal(token[4], token[0] - before);
            fields.equal(task->counts(p), p > 4 * operators);
            if (token[0] == 17) {
                start = begin;
                begin = static_cast<int64_t>(p) + 1;
                steps.emplace_back();
            } else {
                steps.back().push_back(token[0]);
            }
        }
        fields.equal(task->token(task->tokens() - 1)[0], int64_t{18});
        steps.pop_back();
        values.equal(steps.size(), operators + 1);
        size_t at = 0;
        const int64_t value = evaluated(steps.front(), at);
        for (size_t i = 0; i < steps.size(); ++i) {
            at = 0;
            values.equal(evaluated(steps[i], at), value, [&] { return std::to_string(seed); });
            values.equal(at, steps[i].size());
            values.equal(steps[i].size(), 4 * (operators - i) + 1);
        }
    }
}

TEST_CASE("task lis: lengths by their recurrence, tails by patience sorting") {
    Compared lengths("lengths"), tails("tails"), numbers("numbers");
    for (uint64_t seed = 1; seed <= 40; ++seed) {
        const uint64_t size = 1 + 7 * seed % 90;
        const auto direct = host::lis_task(size, Addressing::kPosition, seed);
        const auto patience = host::lis_task(size, Addressing::kStored, seed);
        REQUIRE(direct->tokens() == 2 * size + 1);
        REQUIRE(patience->tokens() == 3 * size + 1);
        const auto limit = static_cast<int64_t>(size + 150);
        std::vector<int64_t> a, dp;
        for (uint64_t i = 0; i < size; ++i) {
            a.push_back(direct->token(i)[0]);
            numbers.holds(a[i] >= 0 && a[i] < limit, [&] { return std::to_string(i); });
            numbers.equal(patience->token(i)[0], a[i]);
            dp.push_back(1);
            for (uint64_t j = 0; j < i; ++j)
                if (a[j] < a[i]) dp[i] = std::max(dp[i], dp[j] + 1);
            const auto where = [&] { return "seed " + std::to_string(seed); };
            lengths.equal(direct->token(size + 1 + i), host::fields_of(dp[i], a[i]), where);
            lengths.equal(patience->token(size + 1 + 2 * i), host::fields_of(dp[i], a[i]), where);
            // What it replaces: the lowest end so far of a subsequence as long as it.
            int64_t tail = limit;
            for (uint64_t j = 0; j < i; ++j)
                if (dp[j] == dp[i]) tail = std::min(tail, a[j]);
            tails.equal(patience->token(size + 2 + 2 * i), host::fields_of(tail), where);
        }
    }
}

namespace {

/// A list as text: digits, "[MIN", "[MAX", "[MED", "[SM" as 10 to 13, "]" as 14.
void draw_list(std::mt19937_64& bits, uint64_t depth, std::vector<int64_t>& symbols) {
    if (depth == 10 || bits() % 4 != 0) return symbols.push_back(static_cast<int64_t>(bits() % 10));
    symbols.push_back(static_cast<int64_t>(10 + bits() % 4));
    const uint64_t count = 2 + bits() % 9;
    for (uint64_t i = 0; i < count; ++i) draw_list(bits, depth + 1, symbols);
    symbols.push_back(14);
}

/// Its value, by reading it once with a stack.
int64_t value_of_list(const std::vector<int64_t>& symbols, std::map<size_t, int64_t>& values) {
    std::vector<std::pair<size_t, std::vector<int64_t>>> open;
    std::vector<int64_t> whole;
    for (size_t p = 0; p < symbols.size(); ++p) {
        auto& arguments = open.empty() ? whole : open.back().second;
        if (symbols[p] < 10) arguments.push_back(symbols[p]);
        if (symbols[p] >= 10 && symbols[p] < 14) open.push_back({p, {}});
        if (symbols[p] != 14) continue;
        const auto [begin, list] = open.back();
        open.pop_back();
        std::multiset<int64_t> sorted(list.begin(), list.end());
        int64_t sum = 0;
        for (const int64_t argument : list) sum += argument;
        const auto low = std::next(sorted.begin(), static_cast<long>((list.size() - 1) / 2));
        const auto high = std::next(sorted.begin(), static_cast<long>(list.size() / 2));
        const int64_t by_operator[] = {*sorted.begin(), *sorted.rbegin(), (*low + *high) / 2,
                                       sum % 10};
        values[begin] = by_operator[symbols[begin] - 10];
        (open.empty() ? whole : open.back().second).push_back(values[begin]);
    }
    return whole.front();
}

}  // namespace

TEST_CASE("task listops: operators have the value of their lists, drawn as documented") {
    Compared symbols("symbols"), values("values");
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        const uint64_t most = 100 + 95 * seed;
        const auto task = host::listops_task(most, seed);
        std::mt19937_64 bits(seed);
        std::vector<int64_t> expected;
        do {
            expected.clear();
            draw_list(bits, 0, expected);
        } while (expected.size() < most / 4 || expected.size() > most);
        REQUIRE(task->tokens() == expected.size());
        std::map<size_t, int64_t> of_lists;
        value_of_list(expected, of_lists);
        for (size_t p = 0; p < expected.size(); ++p) {
            const auto where = [&] { return std::to_string(p); };
            symbols.equal(task->token(p)[0], expected[p], where);
            symbols.equal(task->counts(p), of_lists.count(p) == 1, where);
            if (of_lists.count(p) == 0) continue;
            values.equal(task->token(p)[1], host::kNothing, where);
            values.equal(task->answer(p)[1], of_lists[p], where);
        }
    }
}
