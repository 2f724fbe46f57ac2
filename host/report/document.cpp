// SPDX-License-Identifier: MIT
#include "host/report/document.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace tessera::host {
namespace {

const std::string& key_of(const Entry& entry) {
    return std::visit([](const auto& e) -> const std::string& { return e.key; }, entry);
}

template <typename Kind>
const Kind& get(const Section& section, std::string_view path, const char* kind) {
    const Entry* entry = section.find(path);
    const Kind* found = entry == nullptr ? nullptr : std::get_if<Kind>(entry);
    if (found == nullptr) throw std::out_of_range("no " + std::string(kind) + std::string(path));
    return *found;
}

}  // namespace

Entry::Entry(Figure figure) : variant(std::move(figure)) {}
Entry::Entry(Table table) : variant(std::move(table)) {}
Entry::Entry(Section section) : variant(std::move(section)) {}
Entry::Entry(const Entry& other) = default;
Entry::Entry(Entry&& other) noexcept = default;
Entry& Entry::operator=(const Entry& other) = default;
Entry& Entry::operator=(Entry&& other) noexcept = default;
Entry::~Entry() = default;

const FigureValue& Table::cell(size_t row, std::string_view name) const {
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const Column& column) { return column.key == name; });
    if (found == columns.end()) throw std::out_of_range("no column " + std::string(name));
    return rows.at(row)[static_cast<size_t>(found - columns.begin())];
}

uint64_t Table::count(size_t row, std::string_view name) const {
    return std::get<uint64_t>(cell(row, name));
}

const std::string& Table::text(size_t row, std::string_view name) const {
    return std::get<std::string>(cell(row, name));
}

const Entry* Section::find(std::string_view path) const {
    const size_t dot = path.find('.');
    const std::string_view first = path.substr(0, dot);
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [&](const Entry& entry) { return key_of(entry) == first; });
    if (found == entries.end()) return nullptr;
    if (dot == std::string_view::npos) return &*found;
    const Section* inner = std::get_if<Section>(&*found);
    return inner == nullptr ? nullptr : inner->find(path.substr(dot + 1));
}

const Figure& Section::at(std::string_view path) const {
    return get<Figure>(*this, path, "figure ");
}

const Section& Section::section(std::string_view path) const {
    return get<Section>(*this, path, "section ");
}

const Table& Section::table(std::string_view path) const {
    return get<Table>(*this, path, "table ");
}

bool Section::has(std::string_view path) const {
    const Entry* entry = find(path);
    if (entry == nullptr) return false;
    const Figure* figure = std::get_if<Figure>(entry);
    return figure == nullptr || !std::holds_alternative<std::monostate>(figure->value);
}

double Section::number(std::string_view path) const {
    const FigureValue& value = at(path).value;
    if (const auto* count = std::get_if<uint64_t>(&value)) return static_cast<double>(*count);
    if (const auto* negative = std::get_if<int64_t>(&value)) return static_cast<double>(*negative);
    if (const auto* x = std::get_if<double>(&value)) return *x;
    return std::numeric_limits<double>::quiet_NaN();
}

uint64_t Section::count(std::string_view path) const { return std::get<uint64_t>(at(path).value); }

const std::string& Section::text(std::string_view path) const {
    return std::get<std::string>(at(path).value);
}

bool Section::flag(std::string_view path) const { return std::get<bool>(at(path).value); }

bool SummaryBlock::has_headings() const {
    return std::any_of(columns.begin(), columns.end(),
                       [](const SummaryColumn& column) { return !column.heading.empty(); });
}

}  // namespace tessera::host
