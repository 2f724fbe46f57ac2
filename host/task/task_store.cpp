// SPDX-License-Identifier: MIT
#include "host/task/task_store.h"

#include <nlohmann/json.hpp>

#include "host/error.h"
#include "host/io/json_text.h"
#include "host/report/document_json.h"
#include "host/sweep/record.h"

namespace tessera::host {

TaskStore::TaskStore(const std::string& path)
    : file_(path, LineFile::Access::kAppend,
            [this, &path](std::string_view line, uint64_t) { take(path, line); }) {}

void TaskStore::take(const std::string& path, std::string_view line) {
    const std::string where = path + ", line " + std::to_string(++lines_);
    try {
        const nlohmann::ordered_json json = parse_json(where, line);
        if (json.at("version") == program_version())
            documents_.insert_or_assign(json.at("point"), from_json(json.at("document")));
    } catch (const nlohmann::json::exception&) {
        throw bad_value(where, "a line", printable(line), "a point, as tessera task writes it");
    }
}

const Document* TaskStore::find(const std::string& name) const {
    const auto place = documents_.find(name);
    return place == documents_.end() ? nullptr : &place->second;
}

void TaskStore::add(const std::string& name, const Document& document) {
    file_.append(dumped(
        {{"point", name}, {"version", program_version()}, {"document", to_json(document)}}, -1));
    documents_.insert_or_assign(name, document);
}

}  // namespace tessera::host
