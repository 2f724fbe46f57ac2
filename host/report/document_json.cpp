// SPDX-License-Identifier: MIT
#include "host/report/document_json.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace tessera::host {
namespace {

using Json = nlohmann::ordered_json;

FigureValue value_from(const Json& json) {
    switch (json.type()) {
        case Json::value_t::boolean: return json.get<bool>();
        case Json::value_t::number_unsigned: return json.get<uint64_t>();
        case Json::value_t::number_integer: return value_of(json.get<int64_t>());
        case Json::value_t::number_float: return json.get<double>();
        case Json::value_t::string: return json.get<std::string>();
        default: return {};
    }
}

void put(Json& object, const std::string& key, const std::string& text) {
    if (!text.empty()) object[key] = text;
}

Json figure_json(const Figure& figure) {
    if (figure.unit.empty()) return value_json(figure.value);
    Json json = {{"value", value_json(figure.value)}, {"unit", figure.unit}};
    put(json, "formula", figure.formula);
    put(json, "definition", figure.definition);
    return json;
}

/// A member of a member where the key has dots.
Json& place(Json& object, const std::string& key) {
    const size_t dot = key.find('.');
    return dot == std::string::npos ? object[key]
                                    : place(object[key.substr(0, dot)], key.substr(dot + 1));
}

Json table_json(const Table& table) {
    const bool values = table.columns.size() == 1 && table.columns.front().key.empty();
    Json json = table.named ? Json::object() : Json::array();
    for (const auto& cells : table.rows) {
        Json row = values ? value_json(cells.front()) : Json::object();
        for (size_t i = table.named ? 1 : 0; i < cells.size() && !values; ++i)
            place(row, table.columns[i].key) = value_json(cells[i]);
        if (table.named)
            json[std::get<std::string>(cells.front())] = std::move(row);
        else
            json.push_back(std::move(row));
    }
    return json;
}

Json entry_json(const Entry& entry) {
    if (const auto* figure = std::get_if<Figure>(&entry)) return figure_json(*figure);
    if (const auto* table = std::get_if<Table>(&entry)) return table_json(*table);
    return report_json(std::get<Section>(entry));
}

// ---- the whole document

/// JSON has neither infinity nor NaN.
Json exact_json(const FigureValue& value) {
    const auto* x = std::get_if<double>(&value);
    if (x == nullptr || std::isfinite(*x)) return value_json(value);
    return {{"not_finite", std::isnan(*x) ? "nan" : *x < 0 ? "-inf" : "inf"}};
}

FigureValue exact_from(const Json& json) {
    if (!json.is_object()) return value_from(json);
    const std::string name = json.at("not_finite");
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    if (name == "nan") return std::numeric_limits<double>::quiet_NaN();
    return name == "inf" ? kInfinity : -kInfinity;
}

Json whole(const Entry& entry);

Json whole(const Section& section) {
    Json entries = Json::array();
    for (const Entry& entry : section.entries) entries.push_back(whole(entry));
    return {{"section", section.key}, {"entries", entries}};
}

Json whole(const Table& table) {
    Json columns = Json::array(), rows = Json::array();
    for (const Column& column : table.columns) columns.push_back({column.key, column.unit});
    for (const auto& cells : table.rows) {
        Json row = Json::array();
        for (const FigureValue& cell : cells) row.push_back(exact_json(cell));
        rows.push_back(std::move(row));
    }
    return {{"table", table.key}, {"named", table.named}, {"columns", columns}, {"rows", rows}};
}

Json whole(const Figure& figure) {
    Json json = {{"figure", figure.key}, {"value", exact_json(figure.value)}};
    put(json, "unit", figure.unit);
    put(json, "formula", figure.formula);
    put(json, "definition", figure.definition);
    return json;
}

Json whole(const Entry& entry) {
    return std::visit([](const auto& e) { return whole(e); }, entry);
}

Json whole(const SummaryBlock& block) {
    Json columns = Json::array(), rows = Json::array();
    for (const SummaryColumn& c : block.columns)
        columns.push_back(
            {{"heading", c.heading}, {"gap", c.gap}, {"width", c.width}, {"right", c.right}});
    for (const SummaryRow& row : block.rows)
        rows.push_back({{"cells", row.cells}, {"figure", row.figure}});
    return {{"columns", columns}, {"rows", rows}, {"note", block.note}};
}

Section section_from(const Json& json);

Entry entry_from(const Json& json) {
    if (json.contains("section")) return section_from(json);
    if (json.contains("figure"))
        return Figure{json.at("figure"), exact_from(json.at("value")), json.value("unit", ""),
                      json.value("formula", ""), json.value("definition", "")};
    Table table{json.at("table"), {}, {}, json.at("named")};
    for (const Json& column : json.at("columns"))
        table.columns.push_back({column.at(0), column.at(1)});
    for (const Json& cells : json.at("rows")) {
        std::vector<FigureValue> row;
        for (const Json& cell : cells) row.push_back(exact_from(cell));
        table.rows.push_back(std::move(row));
    }
    return table;
}

Section section_from(const Json& json) {
    Section section{json.at("section"), {}};
    for (const Json& entry : json.at("entries")) section.entries.push_back(entry_from(entry));
    return section;
}

SummaryBlock block_from(const Json& json) {
    SummaryBlock block{{}, {}, json.at("note")};
    for (const Json& c : json.at("columns"))
        block.columns.push_back({c.at("heading"), c.at("gap"), c.at("width"), c.at("right")});
    for (const Json& row : json.at("rows"))
        block.rows.push_back({row.at("cells"), row.at("figure")});
    return block;
}

}  // namespace

Json value_json(const FigureValue& value) {
    return std::visit(
        [](const auto& x) -> Json {
            if constexpr (std::is_same_v<std::decay_t<decltype(x)>, std::monostate>)
                return nullptr;
            else
                return x;
        },
        value);
}

Json report_json(const Section& section) {
    Json json = Json::object();
    for (const Entry& entry : section.entries)
        std::visit([&](const auto& e) { json[e.key] = entry_json(entry); }, entry);
    return json;
}

Json report_json(const Section& section, std::string_view path) {
    const Entry* entry = section.find(path);
    return entry == nullptr ? Json() : entry_json(*entry);
}

Section section_of(std::string key, const Json& json) {
    Section section{std::move(key), {}};
    for (const auto& [name, value] : json.items()) {
        if (value.is_object()) {
            section.entries.emplace_back(section_of(name, value));
        } else if (value.is_array()) {
            Table table{name, {{""}}, {}};
            for (const Json& element : value) table.rows.push_back({value_from(element)});
            section.entries.emplace_back(std::move(table));
        } else {
            section.entries.emplace_back(Figure{name, value_from(value)});
        }
    }
    return section;
}

Json to_json(const Document& document) {
    Json summary = Json::array();
    for (const SummaryBlock& block : document.summary) summary.push_back(whole(block));
    return {{"title", document.title}, {"content", whole(document.content)}, {"summary", summary}};
}

Document from_json(const Json& json) {
    Document document{json.at("title"), section_from(json.at("content")), {}};
    for (const Json& block : json.at("summary")) document.summary.push_back(block_from(block));
    return document;
}

std::string dumped(const Json& json, int indent) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tessera::host
