// SPDX-License-Identifier: MIT
#include "host/report/comparison_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/report/comparison_columns.h"
#include "host/text.h"
#include "host/version.h"

namespace tessera::host {
namespace {

constexpr const char* kNothing = "n/a";
constexpr const char* kMark = " (!)";  ///< of results that are not good

std::string legend(const Section& report) {
    return fmt::format(
        "calls       ATTENDs that were made; formula: ATTENDs by the closed formula;\n"
        "            at least: allowed pairs / M^2, summed over key/value heads;\n"
        "            for covers Schoenheim's bound on sets of M tokens\n"
        "MAC, useful share of peak: of real rows and keys, and of allowed pairs only\n"
        "bytes       through the memory port; /comp.: over reading once what is seen of q, k, v\n"
        "            and writing o once; /IO: over N^2 d^2 / S (Saha & Ye 2024) with constant 1,\n"
        "            an order of growth and no limit; n/a where it is not proved\n"
        "energy      estimate from low to high, NOT VALIDATED; {}\n"
        "rms error   relative, against double precision; /bound: largest error over its bound,\n"
        "            above 1 a mismatch;{}: a mismatch, not exact, or nothing was compared\n",
        report.text("energy_model.origin"), kMark);
}

/// Is it a result that one must not take for good?
bool is_marked(const ComparedRow& row) {
    const RowState state = row.state();
    return state == RowState::kOutside || state == RowState::kNothingCompared ||
           !row.inexact().empty();
}

std::string for_people(const ComparedRow& row, const ComparedColumn& column) {
    const Figure* figure = figure_of(row.report, column);
    const char* mark = column.form == FigureForm::kBound && is_marked(row) ? kMark : "";
    if (figure == nullptr)
        return (column.form == FigureForm::kError ? "not checked" : kNothing) + std::string(mark);
    if (value_text(figure->value).empty()) return kNothing + std::string(mark);
    const double x = row.report.number(fmt::format("{}.{}", column.member, figure->key));
    switch (column.form) {
        case FigureForm::kCount: return with_commas(std::get<uint64_t>(figure->value));
        case FigureForm::kPercent: return fmt::format("{:.2f}", 100 * x);
        case FigureForm::kFactor: return fmt::format("{:.2f}", x);
        case FigureForm::kJoule: return engineering(x, "J");
        case FigureForm::kError: return fmt::format("{:.2e}", x);
        case FigureForm::kBound: break;
    }
    const std::string text = x < 1000 ? fmt::format("{:.3f}", x) : fmt::format("{:.2e}", x);
    return text + mark;
}

/// Cells as text; the names of a row come first.
struct Grid {
    size_t names = 0;  ///< columns of names, aligned at the left
    std::vector<std::string> headings;
    std::vector<std::vector<std::string>> rows;  ///< names and "cannot run [1]" without a report
    std::vector<std::string> notes;              ///< [1], [2], ...

    bool is_short(const std::vector<std::string>& cells) const {
        return cells.size() != headings.size();
    }
};

/// "cannot run [1]" or "failed [1]", with the reason in the notes.
std::string without_report(const ComparedRow& row, std::vector<std::string>& notes) {
    const std::string reason = row.reason();
    const auto found = std::find(notes.begin(), notes.end(), reason);
    const auto place = found - notes.begin();
    if (found == notes.end()) notes.push_back(reason);
    return fmt::format("{} [{}]", row.failed.empty() ? "cannot run" : "failed", place + 1);
}

Grid grid_of(const Comparison& comparison) {
    Grid grid;
    const auto& rows = comparison.rows;
    const bool heads =
        std::any_of(rows.begin(), rows.end(), [](const ComparedRow& row) { return row.stacked; });
    grid.headings = {"mask", "profile", "schedule"};
    if (heads) grid.headings.insert(grid.headings.begin() + 1, "heads");
    grid.names = grid.headings.size();
    for (const ComparedColumn& column : kComparedColumns)
        grid.headings.emplace_back(column.heading);
    for (const ComparedRow& row : rows) {
        std::vector<std::string> cells = {row.mask, row.profile, row.schedule};
        if (heads) cells.insert(cells.begin() + 1, heads_name(row));
        if (row.has_report())
            for (const ComparedColumn& column : kComparedColumns)
                cells.push_back(for_people(row, column));
        else
            cells.push_back(without_report(row, grid.notes));
        grid.rows.push_back(std::move(cells));
    }
    return grid;
}

/// What each cover is made of: the same for all masks and profiles.
std::string covers_text(const Comparison& comparison) {
    std::string text;
    for (const ComparedRow& row : comparison.rows) {
        if (!row.report.has("oracle")) continue;
        const std::string line =
            fmt::format("{}: {}\n", row.schedule, row.report.text("oracle.cover"));
        if (text.find(line) == std::string::npos) text += line;
    }
    return text;
}

std::string notes_text(const Comparison& comparison, const Grid& grid) {
    std::string text;
    for (size_t i = 0; i < grid.notes.size(); ++i)
        text += fmt::format("[{}] {}\n", i + 1, grid.notes[i]);
    text += covers_text(comparison);
    for (const ComparedRow& row : comparison.rows)
        if (!row.inexact().empty())
            text += fmt::format("{}{}: {}\n", row.name(), kMark, row.inexact());
        else if (row.state() == RowState::kNothingCompared)
            text += fmt::format("{}{}: {}\n", row.name(), kMark, row.reason());
    for (const ComparedRow& row : comparison.rows)
        if (row.state() == RowState::kNotChecked)
            return text + fmt::format("not checked: {}\n", row.reason());
    return text;
}

/// Are the sequences of all rows packed alike? Not where only some masks make them of documents.
bool packed_alike(const Comparison& comparison) {
    const auto offsets = [](const Section& report) -> const Table* {
        const Entry* entry = report.find("problem.query_offsets");
        return entry == nullptr ? nullptr : std::get_if<Table>(entry);
    };
    const Table* first = offsets(first_report(comparison));
    if (first == nullptr) return false;
    return std::all_of(comparison.rows.begin(), comparison.rows.end(), [&](const ComparedRow& row) {
        const Table* own = offsets(row.report);
        return !row.has_report() || (own != nullptr && own->rows == first->rows);
    });
}

/// What all rows have in common.
std::string title(const Comparison& comparison) {
    const Section& report = first_report(comparison);
    const Section& p = report.section("problem");
    const auto number = [&p](const char* key) { return with_commas(p.count(key)); };
    const bool packed = packed_alike(comparison);
    const bool ragged = packed || p.has("key_lengths") || p.has("query_lengths");
    const std::string aligned = p.count("query_tokens") == p.count("key_tokens") && !ragged
                                    ? std::string()
                                    : " aligned at the " + p.text("align");
    const std::string batch =
        packed   ? fmt::format(", a packed batch of {} sequences", number("batch"))
        : ragged ? fmt::format(" at most, a batch of {} lengths", number("batch"))
                 : std::string();
    return fmt::format(
        "tessera {} on {} x device {}, memory {}\n"
        "input {}: {} query and {} key/value heads, {} queries, {} keys{}{}, d_k {}, d_v {}{}\n",
        kVersion, report.count("derived.devices"), report.text("configuration.device"),
        report.text("configuration.memory_title"), p.text("input"), number("query_heads"),
        number("kv_heads"), number("query_tokens"), number("key_tokens"), batch, aligned,
        number("d_k"), number("d_v"), p.flag("sink_logits") ? ", sink logits" : "");
}

}  // namespace

std::string comparison_table(const Comparison& comparison) {
    const Grid grid = grid_of(comparison);
    std::vector<size_t> widths;
    for (const std::string& heading : grid.headings) widths.push_back(heading.size());
    for (const auto& cells : grid.rows)
        for (size_t i = 0; i < (grid.is_short(cells) ? grid.names : cells.size()); ++i)
            widths[i] = std::max(widths[i], cells[i].size());
    const auto line = [&](const std::vector<std::string>& cells) {
        std::string text;
        for (size_t i = 0; i < cells.size(); ++i)
            text += i < grid.names ? fmt::format("{:<{}}  ", cells[i], widths[i])
                                   : fmt::format("{:>{}}  ", cells[i], widths[i]);
        text.erase(text.find_last_not_of(' ') + 1);
        return text + "\n";
    };
    std::string text = title(comparison) + "\n" + line(grid.headings);
    for (const auto& cells : grid.rows) text += line(cells);
    return text + "\n" + notes_text(comparison, grid) + legend(first_report(comparison));
}

std::string comparison_markdown(const Comparison& comparison) {
    const Grid grid = grid_of(comparison);
    const auto line = [&](const std::vector<std::string>& cells) {
        std::string text = "|";
        for (const std::string& cell : cells) text += " " + markdown_cell(cell) + " |";
        return text;
    };
    std::string text = line(grid.headings) + "\n|";
    for (size_t i = 0; i < grid.headings.size(); ++i) text += i < grid.names ? "---|" : "---:|";
    text += "\n";
    for (const auto& cells : grid.rows) {
        text += line(cells);
        for (size_t i = cells.size(); i < grid.headings.size(); ++i) text += " |";
        text += "\n";
    }
    return text + "\n```\n" + title(comparison) + notes_text(comparison, grid) +
           legend(first_report(comparison)) + "```\n";
}

}  // namespace tessera::host
