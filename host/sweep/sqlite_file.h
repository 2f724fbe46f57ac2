// SPDX-License-Identifier: MIT
// A new SQLite database, written in one go. The same content gives the same bytes.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace tessera::host {

class SqliteFile {
  public:
    /// Opens the empty file at `path`; `name` is what messages call it. UserError if SQLite cannot
    /// write it, also of the other functions.
    SqliteFile(const std::string& path, std::string name);
    ~SqliteFile();
    SqliteFile(const SqliteFile&) = delete;
    SqliteFile& operator=(const SqliteFile&) = delete;

    /// A table with these columns. What follows goes into it.
    void create_table(const std::string& table, const std::vector<std::string>& columns);
    /// A row of the last table: numbers, texts, and null; anything else as the text of its JSON.
    void add_row(const std::vector<nlohmann::json>& cells);
    /// All is there. Last.
    void finish();

  private:
    void execute(const std::string& sql);
    [[noreturn]] void fail() const;
    void drop_statement();

    std::string name_;
    sqlite3* database_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
};

}  // namespace tessera::host
