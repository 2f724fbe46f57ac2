// SPDX-License-Identifier: MIT
// Documents: what crosses a process boundary comes back, and every renderer shows the same.
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>
#include <string>

#include "host/report/attention_document.h"
#include "host/report/document_json.h"
#include "host/report/render.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/support/csv.h"
#include "tests/unit/record_by_hand.h"

using namespace tessera::host;
using tessera::test::Compared;
using Json = nlohmann::ordered_json;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Documents of every kind of entry and value.
class RandomDocument {
  public:
    explicit RandomDocument(uint64_t seed) : random_(seed) {}

    Document document() {
        Document document{text(), section("", 3), {}};
        document.summary = {{{{text(), 2, 9}, {"", 1, 4, true}}, {{{text(), text()}, text()}}},
                            {{}, {}, text()}};
        return document;
    }

  private:
    uint64_t below(uint64_t n) { return random_() % n; }
    std::string text() {
        static constexpr const char* kTexts[] = {"a",     "two words", "a, \"b\"\r\nc",
                                                 "x | y", "\xc3\xa4",  "7"};
        return kTexts[below(std::size(kTexts))];
    }
    std::string key() { return "key_" + std::to_string(++keys_); }
    FigureValue value() {
        switch (below(8)) {
            case 0: return {};
            case 1: return below(2) == 0;
            case 2: return value_of(random_());
            case 3: return value_of(-1 - static_cast<int64_t>(below(1 << 20)));
            case 4: return static_cast<double>(random_()) / 3;
            case 5: return 3.0;
            case 6: return below(2) == 0 ? kInfinity : -kInfinity;
            default: return text();
        }
    }
    Figure figure() {
        switch (below(3)) {
            case 0: return Figure{key(), value()};
            case 1: return Figure{key(), value(), "1", text()};
            default: return defined(key(), value(), "byte", text());
        }
    }
    Table table() {
        if (below(3) == 0) return Table{key(), {{""}}, {{value()}, {value()}}};
        Table table{key(), {{"name"}, {"x", "cycle"}, {"l.p"}, {"l.q"}}, {}, below(2) == 0};
        for (uint64_t i = below(3); i > 0; --i)
            table.rows.push_back({key(), value(), value(), value()});
        return table;
    }
    Section section(const std::string& key_of_it, uint32_t depth) {
        Section result{key_of_it, {}};
        for (uint64_t i = below(6); i > 0; --i) switch (below(depth == 0 ? 2 : 3)) {
                case 0: result.entries.emplace_back(figure()); break;
                case 1: result.entries.emplace_back(table()); break;
                default: result.entries.emplace_back(section(key(), depth - 1)); break;
            }
        return result;
    }

    std::mt19937_64 random_;
    uint64_t keys_ = 0;
};

constexpr Format kFormats[] = {Format::kTable, Format::kMarkdown, Format::kCsv, Format::kJson};

void comes_back(const Document& document, Compared& texts) {
    const std::string sent = dumped(to_json(document), -1);
    const Document back = from_json(Json::parse(sent));
    texts.equal(dumped(to_json(back), -1), sent);
    for (const Format format : kFormats)
        texts.equal(render(back, format), render(document, format), [&] { return sent; });
}

/// Member of a member, by a path of keys and numbers; keys have no dots.
const Json& member(const Json& json, const std::string& path) {
    if (path.empty()) return json;
    const size_t dot = path.find('.');
    const std::string first = path.substr(0, dot);
    const Json& inner = json.is_array() ? json.at(std::stoul(first)) : json.at(first);
    return dot == std::string::npos ? inner : member(inner, path.substr(dot + 1));
}

/// Figures in JSON: values that are no objects, and objects with a unit.
uint64_t figures_in(const Json& json) {
    if (!json.is_structured()) return 1;
    if (json.is_object() && json.contains("unit") && json.size() == 3) return 1;
    uint64_t figures = 0;
    for (const Json& inner : json) figures += figures_in(inner);
    return figures;
}

/// Every line of CSV is what JSON has at the same place.
void csv_is_json(const Document& document, Compared& lines) {
    const Json json = Json::parse(render(document, Format::kJson));
    const auto csv = tessera::test::parse_csv(render(document, Format::kCsv));
    for (size_t i = 1; i < csv.size(); ++i) {
        const Json& section = member(json, csv[i].at(0));
        const Json& entry = member(section, csv[i].at(1));
        const Json value = entry.is_object() ? entry.at("value") : entry;
        const std::string text = value.is_null()     ? ""
                                 : value.is_string() ? value.get<std::string>()
                                                     : value.dump();
        lines.equal(csv[i].at(2), text, [&] { return csv[i][0] + "." + csv[i][1]; });
        if (entry.is_object()) {
            lines.equal(csv[i].at(3), entry.at("unit"), [&] { return csv[i][1]; });
            lines.equal(csv[i].at(4),
                        entry.contains("formula") ? entry.at("formula") : entry.at("definition"));
        }
    }
    lines.equal(csv.size() - 1, figures_in(json));
}

}  // namespace

TEST_CASE("a document crosses a process boundary and comes back") {
    Compared texts("texts");
    for (uint64_t seed = 1; seed <= 500; ++seed) comes_back(RandomDocument(seed).document(), texts);
    comes_back(attention_document(tessera::test::record_by_hand()), texts);
    CHECK_THROWS_AS(from_json(Json::parse("{\"title\": 7}")), Json::exception);
    CHECK_THROWS_AS(from_json(Json::parse("[]")), Json::exception);
}

TEST_CASE("CSV has every figure of the JSON") {
    Compared lines("values, units and formulas");
    RunRecord record = tessera::test::record_by_hand();
    csv_is_json(attention_document(record), lines);
    record.error = ErrorSummary{};
    record.error->max_abs = kInfinity;
    record.error->elements = 3;
    record.problem.query_lengths = {30, 32};
    record.command_line = {"tessera", "a, \"b\"\r\nc"};
    csv_is_json(attention_document(record), lines);
}

TEST_CASE("entries are found by their paths") {
    const Section root{
        "",
        {fact("a", 7), defined("b", -7, "1", "below zero"), fact("none", nullptr),
         Section{"s", {fact("c", "words"), Section{"t", {fact("d", 0.5)}}, list<int>("l", {1, 2})}},
         Table{"rows", {{"name"}, {"x"}}, {{"first", uint64_t{3}}}}}};
    Compared values("values");
    values.equal(root.count("a"), 7u);
    values.equal(root.number("b"), -7.0);
    values.equal(std::isnan(root.number("none")), true);
    values.equal(std::isnan(root.number("s.c")), true);
    values.equal(root.text("s.c"), "words");
    values.equal(root.number("s.t.d"), 0.5);
    values.equal(root.section("s").section("t").number("d"), 0.5);
    values.equal(root.table("s.l").rows.size(), size_t{2});
    values.equal(root.table("rows").count(0, "x"), 3u);
    values.equal(root.table("rows").text(0, "name"), "first");
    for (const char* there : {"a", "b", "s", "s.t", "rows"}) values.equal(root.has(there), true);
    for (const char* missing : {"none", "c", "a.b", "s.t.e", "s.", ""})
        values.equal(root.has(missing), false, [&] { return std::string(missing); });
    CHECK_THROWS_AS(root.at("s"), std::out_of_range);
    CHECK_THROWS_AS(root.at("c"), std::out_of_range);
    CHECK_THROWS_AS(root.section("a"), std::out_of_range);
    CHECK_THROWS_AS(root.table("rows").cell(0, "y"), std::out_of_range);
    CHECK_THROWS_AS(root.count("b"), std::bad_variant_access);
}

TEST_CASE("a summary as text and as Markdown") {
    Compared texts("texts");
    Document document{"title\n", {}, {}};
    document.summary = {{{{"", 2, 6}, {"", 1, 5, true}, {"", 2, 0}},
                         {{{"cycles", "12", "at 1 GHz"}}, {{"o", "1"}}}},
                        {{{"share", 2, 6}, {"busy", 1, 6, true}}, {{{"a|b", "1.5"}}}},
                        {{}, {}, "words"}};
    document.summary[0].rows[1].cells.emplace_back();
    texts.equal(render(document, Format::kTable),
                "title\n\n  cycles    12  at 1 GHz\n  o          1\n\n"
                "  share    busy\n  a|b       1.5\n\nwords\n");
    texts.equal(render(document, Format::kMarkdown),
                "```\ntitle\n```\n\n|  |  |  |\n|---|---:|---|\n| cycles | 12 | at 1 GHz |\n"
                "| o | 1 |  |\n\n| share | busy |\n|---|---:|\n| a\\|b | 1.5 |\n\nwords\n");
}
