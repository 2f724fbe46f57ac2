// SPDX-License-Identifier: MIT
// A comparison in every format: also of rows that were refused or that failed.
#include <nlohmann/json.hpp>
#include <string>

#include "host/report/attention_document.h"
#include "host/report/comparison.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/support/csv.h"
#include "tests/unit/record_by_hand.h"

using namespace tessera::host;
using tessera::test::Compared;

TEST_CASE("a row that failed says so, and the others are as without it") {
    Comparison comparison;
    const Section report = attention_document(tessera::test::record_by_hand()).content;
    comparison.rows = {{"query-resident", "stateful", "causal", false, "", "", report}};
    const std::string alone = comparison_text(comparison, Format::kTable);
    comparison.rows.push_back({"paired", "stateful", "causal", false, "too large", "", {}});
    comparison.rows.push_back({"kv-resident", "stateful", "causal", false, "", "killed", {}});
    Compared texts("texts");
    const auto has = [&](const std::string& text, const std::string& part) {
        texts.holds(text.find(part) != std::string::npos, [&] { return part + "\n" + text; });
    };
    const std::string table = comparison_text(comparison, Format::kTable);
    has(table, "causal  stateful  paired          cannot run [1]\n");
    has(table, "causal  stateful  kv-resident     failed [2]\n");
    has(table, "[1] too large\n[2] killed\n");
    const size_t row = alone.find("causal  stateful  query-resident");
    has(table, alone.substr(row, alone.find('\n', row) - row + 1));
    has(comparison_text(comparison, Format::kMarkdown),
        "| causal | stateful | kv-resident | failed [2] |");
    const auto csv = tessera::test::parse_csv(comparison_text(comparison, Format::kCsv));
    REQUIRE(csv.size() == 4);
    const char* expected[][2] = {
        {"not_checked", "by hand"}, {"refused", "too large"}, {"failed", "killed"}};
    const auto json = nlohmann::json::parse(comparison_text(comparison, Format::kJson));
    for (size_t i = 0; i < 3; ++i) {
        texts.equal(csv[i + 1].size(), csv[0].size());
        texts.equal(csv[i + 1].at(4), expected[i][0]);
        texts.equal(csv[i + 1].back(), expected[i][1]);
        texts.equal(csv[i + 1].at(5).empty(), i != 0);
        texts.equal(json["rows"][i]["status"], expected[i][0]);
        texts.equal(json["rows"][i]["reason"], expected[i][1]);
        for (const char* member : {"derived", "error", "problem"})
            texts.equal(json["rows"][i][member].is_null(), i != 0);
    }
    for (const ComparedRow& some : comparison.rows)
        texts.equal(some.has_report(), some.schedule == "query-resident");
}
