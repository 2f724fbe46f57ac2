// SPDX-License-Identifier: MIT
#include "host/sweep/store.h"

#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "host/error.h"
#include "host/report/document_json.h"

namespace tessera::host {

using Json = nlohmann::ordered_json;

SweepStore::SweepStore(const std::string& path) : path_(path) {
    if (std::filesystem::exists(path)) read();
    file_.open(path, std::ios::app | std::ios::binary);
    if (!file_) throw system_error(path_, "cannot open this file to store results in", errno);
}

void SweepStore::read() {
    std::ifstream file(path_, std::ios::binary);
    if (!file) throw system_error(path_, "cannot read this file of results", errno);
    uint64_t good = 0, number = 0;
    for (std::string line; std::getline(file, line) && !file.eof(); good += line.size() + 1) {
        ++number;
        try {
            const Json json = Json::parse(line);
            outcomes_.insert_or_assign(json.at("point").get<std::string>(), outcome_from(json));
        } catch (const Json::exception&) {
            throw bad_value(path_, "line " + std::to_string(number), printable(line),
                            "the outcome of a point of a sweep, as JSON");
        }
    }
    if (good != std::filesystem::file_size(path_)) std::filesystem::resize_file(path_, good);
}

const Outcome* SweepStore::find(const std::string& point) const {
    const auto found = outcomes_.find(point);
    return found == outcomes_.end() ? nullptr : &found->second;
}

void SweepStore::add(const std::string& point, const Outcome& outcome) {
    Json json = {{"point", point}};
    json.update(to_json(outcome));
    file_ << dumped(json, -1) << '\n' << std::flush;
    if (!file_) throw system_error(path_, "cannot write this file of results", errno);
    outcomes_.insert_or_assign(point, outcome);
}

}  // namespace tessera::host
