// SPDX-License-Identifier: MIT
// The records of a sweep in its folder, written as the points end. A sweep that was broken off goes
// on from them.
#pragma once
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "host/sweep/line_file.h"
#include "host/sweep/record.h"

namespace tessera::host {

/// Path, unit and meaning of a figure. One path may mean this in one operation and that in another.
using FigureDefinition = std::tuple<std::string, std::string, std::string>;
/// The path of a file of a sweep's folder.
std::string file_in(const std::string& folder, const char* name);
/// As a line of figures.jsonl.
std::string definition_line(const FigureDefinition& definition);

class SweepStore {
  public:
    static constexpr const char* kGrid = "grid.json";
    static constexpr const char* kPoints = "points.jsonl";
    static constexpr const char* kFigures = "figures.jsonl";

    /// Opens the files of `folder`, or makes them to append, and reads what is there. UserError if
    /// they cannot be used, another process writes them, or a line is none of theirs.
    SweepStore(const std::string& folder, LineFile::Access access);

    const std::string& folder() const { return folder_; }
    /// Has a point ended whose hash this is?
    bool has(const std::string& hash) const { return places_.count(hash) != 0; }
    /// Its outcome; std::out_of_range if it has not.
    nlohmann::json outcome(const std::string& hash) const;
    /// Notes definitions, a list of [path, unit, meaning], then the record of a point.
    void add(const std::string& hash, const std::string& line, const nlohmann::json& definitions);
    /// Forgets an outcome: the point will run again.
    void forget(const std::string& hash) { places_.erase(hash); }

    /// Hashes of all points that have ended.
    std::vector<std::string> hashes() const;
    /// Their names, for messages.
    std::string name(const std::string& hash) const;
    const std::set<FigureDefinition>& definitions() const { return definitions_; }
    /// Records of other versions of the program, which count as missing: version and how many.
    const std::map<std::string, uint64_t>& foreign() const { return foreign_; }

  private:
    struct Place {
        uint64_t offset = 0, bytes = 0;
    };

    void take_point(std::string_view line, uint64_t offset);
    void take_definition(std::string_view line);

    std::string folder_;
    uint64_t lines_ = 0;
    std::map<std::string, Place> places_;
    std::map<std::string, uint64_t> foreign_;
    std::set<FigureDefinition> definitions_;
    LineFile points_, figures_;  // last: they read into the others
};

}  // namespace tessera::host
