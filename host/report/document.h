// SPDX-License-Identifier: MIT
// A report as a document: sections of figures and tables, built once from what is known of a run
// (host/report/sections.h), and a summary for people, built from these. Renderers walk it
// (host/report/render.h); none of them sees the run. Documents cross processes as JSON
// (host/report/document_json.h).
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "host/figure.h"

namespace tessera::host {

/// What a column of a table holds. A key with dots, as "latency.mean", is a member of a member.
struct Column {
    std::string key;
    std::string unit = {};  ///< of its cells; as Figure::unit
};

/// Things that are alike, each a row. With one column without a key: a list of values.
struct Table {
    std::string key;
    std::vector<Column> columns;
    std::vector<std::vector<FigureValue>> rows;  ///< a cell for each column
    bool named = false;                          ///< the first cell of a row is its name

    /// The cell of a row in the column `key`; std::out_of_range if there is no such column.
    const FigureValue& cell(size_t row, std::string_view key) const;
    /// As a count and as text; std::bad_variant_access if it is none.
    uint64_t count(size_t row, std::string_view key) const;
    const std::string& text(size_t row, std::string_view key) const;
};

struct Entry;

/// Figures, tables and sections, each with a key of its own, in the order in which they are read.
struct Section {
    std::string key;
    std::vector<Entry> entries;

    /// The entry at a path of keys, as "error.lse.rows"; nullptr if there is none.
    const Entry* find(std::string_view path) const;
    /// The figure there; std::out_of_range if there is none.
    const Figure& at(std::string_view path) const;
    /// The section there; std::out_of_range if there is none.
    const Section& section(std::string_view path) const;
    /// The table there; std::out_of_range if there is none.
    const Table& table(std::string_view path) const;
    /// Is there something at that path, and not a figure without a value?
    bool has(std::string_view path) const;

    /// The figure's value as a number; NaN if it has none or is none.
    double number(std::string_view path) const;
    /// As a count; std::bad_variant_access if it is none. Likewise the others.
    uint64_t count(std::string_view path) const;
    const std::string& text(std::string_view path) const;
    bool flag(std::string_view path) const;
};

/// Its members are compiled once: lists of entries are long.
struct Entry : std::variant<Figure, Table, Section> {
    Entry(Figure figure);
    Entry(Table table);
    Entry(Section section);
    Entry(const Entry& other);
    Entry(Entry&& other) noexcept;
    Entry& operator=(const Entry& other);
    Entry& operator=(Entry&& other) noexcept;
    ~Entry();
};

/// A figure that needs neither unit nor formula.
template <typename T>
Figure fact(std::string key, const T& value) {
    return {std::move(key), value_of(value)};
}
/// A figure that a definition explains.
template <typename T>
Figure defined(std::string key, const T& value, std::string unit, std::string definition) {
    return {std::move(key), value_of(value), std::move(unit), {}, std::move(definition)};
}
/// A table of one column without a key.
template <typename T>
Table list(std::string key, const std::vector<T>& values) {
    Table table{std::move(key), {{""}}, {}};
    for (const T& value : values) table.rows.push_back({value_of(value)});
    return table;
}

/// How a column of a summary is set as text: after `gap` blanks, in at least `width`.
struct SummaryColumn {
    std::string heading;
    uint32_t gap = 0, width = 0;
    bool right = false;  ///< aligned at the right
};
struct SummaryRow {
    std::vector<std::string> cells;
    std::string figure = {};  ///< path of the figure that it shows first; may be empty
};
/// A part of a summary: rows of cells, or words.
struct SummaryBlock {
    std::vector<SummaryColumn> columns;
    std::vector<SummaryRow> rows;
    std::string note = {};

    bool has_headings() const;
};

struct Document {
    std::string title;  ///< lines: what was computed, on which machine, from which input
    Section content;    ///< all that is known; its key is empty
    std::vector<SummaryBlock> summary;  ///< what people read first
};

}  // namespace tessera::host
