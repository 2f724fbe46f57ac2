// SPDX-License-Identifier: MIT
#include "host/sweep/store.h"

#include <filesystem>

#include "host/error.h"
#include "host/io/json_text.h"
#include "host/report/document_json.h"

namespace tessera::host {

using Json = nlohmann::json;

std::string file_in(const std::string& folder, const char* name) {
    return (std::filesystem::path(folder) / name).string();
}

std::string definition_line(const FigureDefinition& definition) {
    const auto& [path, unit, meaning] = definition;
    return dumped({{"figure", path}, {"unit", unit}, {"meaning", meaning}}, -1);
}

SweepStore::SweepStore(const std::string& folder, LineFile::Access access)
    : folder_(folder),
      points_(file_in(folder, kPoints), access,
              [this](std::string_view line, uint64_t offset) { take_point(line, offset); }),
      figures_(file_in(folder, kFigures), access,
               [this](std::string_view line, uint64_t) { take_definition(line); }) {}

void SweepStore::take_point(std::string_view line, uint64_t offset) {
    const std::string where = file_in(folder_, kPoints) + ", line " + std::to_string(++lines_);
    const Record record = read_record(where, line);
    if (record.version != program_version()) {
        ++foreign_[record.version];
        return;
    }
    places_.insert_or_assign(record.hash, Place{offset, line.size()});  // retried: the last counts
}

void SweepStore::take_definition(std::string_view line) {
    const std::string where = file_in(folder_, kFigures);
    const Json json = parse_json(where, line);
    FigureDefinition definition;
    const auto text = [&](const char* key, std::string& value) {
        const bool good = json.is_object() && json.contains(key) && json.at(key).is_string();
        if (good) value = json.at(key);
        return good;
    };
    if (!text("figure", std::get<0>(definition)) || !text("unit", std::get<1>(definition)) ||
        !text("meaning", std::get<2>(definition)))
        throw bad_value(where, "a line", printable(line),
                        "the definition of a figure, as tessera sweep writes it");
    definitions_.insert(definition);
}

Json SweepStore::outcome(const std::string& hash) const {
    const Place& place = places_.at(hash);
    return read_record(points_.path(), points_.line_at(place.offset, place.bytes)).outcome;
}

std::string SweepStore::name(const std::string& hash) const {
    const Place& place = places_.at(hash);
    const Json line = parse_json(points_.path(), points_.line_at(place.offset, place.bytes));
    return line.value("point", hash);
}

void SweepStore::add(const std::string& hash, const std::string& line, const Json& definitions) {
    for (const Json& d : definitions) {
        const FigureDefinition definition{d.at(0), d.at(1), d.at(2)};
        if (definitions_.insert(definition).second) figures_.append(definition_line(definition));
    }
    places_.insert_or_assign(hash, Place{points_.append(line), line.size()});
}

std::vector<std::string> SweepStore::hashes() const {
    std::vector<std::string> all;
    all.reserve(places_.size());
    for (const auto& [hash, place] : places_) all.push_back(hash);
    return all;
}

}  // namespace tessera::host
