// SPDX-License-Identifier: MIT
// What `tessera compare` prints, as JSON and as cells of CSV.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/run_tessera.h"

namespace tessera::test {

inline nlohmann::json comparison(const std::string& arguments) {
    const Finished f = run_tessera("compare --format json " + arguments);
    INFO(arguments << ": " << f.err);
    REQUIRE((f.exit_code == 0 || f.exit_code == 1));
    REQUIRE(f.err.empty());
    auto json = nlohmann::json::parse(f.out);
    REQUIRE(json["schema"] == "tessera.compare");
    REQUIRE(json["schema_version"] == 2);
    return json;
}

/// RFC 4180: fields between commas, quoted if need be, lines end with CR LF.
inline std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
    std::vector<std::vector<std::string>> lines;
    std::vector<std::string> line;
    std::string field;
    bool quoted = false;
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
            field += text[++i];
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == ',' || c == '\r')) {
            line.push_back(field);
            field.clear();
            if (c == ',') continue;
            REQUIRE((i + 1 < text.size() && text[++i] == '\n'));
            lines.push_back(line);
            line.clear();
        } else {
            field += c;
        }
    }
    REQUIRE((!quoted && field.empty() && line.empty()));
    return lines;
}

}  // namespace tessera::test
