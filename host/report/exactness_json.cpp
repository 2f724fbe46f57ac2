// SPDX-License-Identifier: MIT
#include "host/report/exactness_json.h"

#include <nlohmann/json.hpp>

#include "host/report/json_parts.h"

namespace tessera::host {

nlohmann::ordered_json exactness_json(const Exactness& exactness) {
    using Json = nlohmann::ordered_json;
    if (!exactness.known) return nullptr;
    Json list = Json::array();
    for (const InexactRows& rows : exactness.inexact) {
        const InexactWords words = words_of(rows.kind);
        Json first = {{"row", rows.first.row}};
        if (exactness.heads) first = {{"head", rows.first.head}, {"token", rows.first.row}};
        list.push_back({{"kind", words.key},
                        {"rows", quantity(rows.rows, "row", words.many)},
                        {"first", first}});
    }
    return {{"withheld", exactness.withheld()},
            {"accepted", exactness.accepted},
            {"reason", exactness.exact() ? Json() : Json(exactness.text())},
            {"inexact_rows", list}};
}

}  // namespace tessera::host
