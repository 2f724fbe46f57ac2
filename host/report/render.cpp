// SPDX-License-Identifier: MIT
#include "host/report/render.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "host/report/document_json.h"

namespace tessera::host {
namespace {

// ---- text

/// Words in lines of at most 100 columns.
std::string wrapped(const std::string& text) {
    constexpr size_t kColumns = 100;
    std::istringstream words(text);
    std::string result, line, word;
    while (words >> word) {
        if (!line.empty() && line.size() + 1 + word.size() > kColumns) {
            result += line + "\n";
            line.clear();
        }
        line += (line.empty() ? "" : " ") + word;
    }
    return result + line + "\n";
}

std::string text_line(const std::vector<SummaryColumn>& columns,
                      const std::vector<std::string>& cells) {
    std::string line;
    for (size_t i = 0; i < columns.size(); ++i) {
        const SummaryColumn& column = columns[i];
        line.append(column.gap, ' ');
        line += column.right ? fmt::format("{:>{}}", cells[i], column.width)
                             : fmt::format("{:<{}}", cells[i], column.width);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

std::vector<std::string> headings(const SummaryBlock& block) {
    std::vector<std::string> cells;
    for (const SummaryColumn& column : block.columns) cells.push_back(column.heading);
    return cells;
}

std::string text(const Document& document) {
    std::string text = document.title;
    for (const SummaryBlock& block : document.summary) {
        text += "\n";
        if (block.has_headings()) text += text_line(block.columns, headings(block));
        for (const SummaryRow& row : block.rows) text += text_line(block.columns, row.cells);
        if (!block.note.empty()) text += wrapped(block.note);
    }
    return text;
}

// ---- Markdown

std::string markdown_line(const std::vector<std::string>& cells) {
    std::string line = "|";
    for (const std::string& cell : cells) line += " " + markdown_cell(cell) + " |";
    return line + "\n";
}

std::string markdown(const Document& document) {
    std::string text = "```\n" + document.title + "```\n";
    for (const SummaryBlock& block : document.summary) {
        text += "\n" + block.note + (block.note.empty() ? "" : "\n");
        if (block.columns.empty()) continue;
        text += markdown_line(headings(block)) + "|";
        for (const SummaryColumn& column : block.columns) text += column.right ? "---:|" : "---|";
        text += "\n";
        for (const SummaryRow& row : block.rows) text += markdown_line(row.cells);
    }
    return text;
}

// ---- CSV

class Csv {
  public:
    std::string text(const Section& content) {
        text_ = "section,key,value,unit,formula\r\n";
        section(content, "");
        return std::move(text_);
    }

  private:
    void line(const std::string& section, const Figure& figure) {
        text_ +=
            fmt::format("{},{},{},{},{}\r\n", csv_field(section), csv_field(figure.key),
                        csv_field(value_text(figure.value)), csv_field(figure.unit),
                        csv_field(figure.formula.empty() ? figure.definition : figure.formula));
    }

    void section(const Section& section, const std::string& path) {
        for (const Entry& entry : section.entries) {
            if (const auto* figure = std::get_if<Figure>(&entry)) line(path, *figure);
            if (const auto* inner = std::get_if<Section>(&entry))
                this->section(*inner, joined(path, inner->key));
            if (const auto* rows = std::get_if<Table>(&entry)) table(*rows, path);
        }
    }

    /// A line for each cell; a row is a section by its name or its number.
    void table(const Table& table, const std::string& path) {
        for (size_t row = 0; row < table.rows.size(); ++row) {
            const std::vector<FigureValue>& cells = table.rows[row];
            const std::string name =
                table.named ? std::get<std::string>(cells.front()) : std::to_string(row);
            for (size_t i = table.named ? 1 : 0; i < cells.size(); ++i) {
                const Column& column = table.columns[i];
                if (column.key.empty())
                    line(joined(path, table.key), {name, cells[i], column.unit});
                else
                    line(joined(joined(path, table.key), name),
                         {column.key, cells[i], column.unit});
            }
        }
    }

    static std::string joined(const std::string& path, const std::string& key) {
        return path.empty() ? key : path + "." + key;
    }

    std::string text_;
};

}  // namespace

std::string render(const Document& document, Format format) {
    switch (format) {
        case Format::kJson: return dumped(report_json(document.content), 2) + "\n";
        case Format::kCsv: return Csv().text(document.content);
        case Format::kMarkdown: return markdown(document);
        case Format::kTable: break;
    }
    return text(document);
}

std::string value_text(const FigureValue& value) {
    if (const auto* words = std::get_if<std::string>(&value)) return *words;
    if (const auto* x = std::get_if<double>(&value); x != nullptr && !std::isfinite(*x)) return "";
    return std::holds_alternative<std::monostate>(value) ? "" : value_json(value).dump();
}

std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + "\"";
}

std::string markdown_cell(std::string text) {
    for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
        text.insert(at, "\\");
    return text;
}

}  // namespace tessera::host
