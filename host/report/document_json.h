// SPDX-License-Identifier: MIT
// Documents as JSON, in two ways: as a report (docs/use/report.md), which programs read, and whole,
// for another process, which gets the document back.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "host/report/document.h"

namespace tessera::host {

/// A value; null if it is nothing.
nlohmann::ordered_json value_json(const FigureValue& value);
/// A section as a report has it: facts as values, figures with unit, formula and definition, tables
/// as arrays of objects. Numbers that are not finite are null in text.
nlohmann::ordered_json report_json(const Section& section);
/// What has the path `path` there; null if there is nothing.
nlohmann::ordered_json report_json(const Section& section, std::string_view path);

/// JSON as a section of facts, lists and sections. An array has values of one kind.
Section section_of(std::string key, const nlohmann::ordered_json& json);

/// The whole document.
nlohmann::ordered_json to_json(const Document& document);
/// Back again; nlohmann::json::exception if `json` is no document.
Document from_json(const nlohmann::ordered_json& json);

/// As text, with bytes that are no UTF-8 replaced; all on one line if `indent` is -1.
std::string dumped(const nlohmann::ordered_json& json, int indent);

}  // namespace tessera::host
