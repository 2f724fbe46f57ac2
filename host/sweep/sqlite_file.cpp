// SPDX-License-Identifier: MIT
#include "host/sweep/sqlite_file.h"

#include <sqlite3.h>

#include <cstdint>
#include <utility>

#include "host/error.h"

namespace tessera::host {
namespace {

std::string quoted(const std::string& name) {
    std::string text = "\"";
    for (const char c : name) text += c == '"' ? "\"\"" : std::string(1, c);
    return text + '"';
}

int bind(sqlite3_stmt* insert, int column, const nlohmann::json& cell) {
    if (cell.is_null()) return sqlite3_bind_null(insert, column);
    if (cell.is_number_float()) return sqlite3_bind_double(insert, column, cell.get<double>());
    const bool fits = cell.is_number_integer() &&
                      !(cell.is_number_unsigned() && cell.get<uint64_t>() > INT64_MAX);
    if (fits) return sqlite3_bind_int64(insert, column, cell.get<int64_t>());
    if (cell.is_boolean()) return sqlite3_bind_int64(insert, column, cell.get<bool>() ? 1 : 0);
    const std::string text = cell.is_string() ? cell.get<std::string>() : cell.dump();
    return sqlite3_bind_text64(insert, column, text.data(), text.size(), SQLITE_TRANSIENT,
                               SQLITE_UTF8);
}

}  // namespace

SqliteFile::SqliteFile(const std::string& path, std::string name) : name_(std::move(name)) {
    if (sqlite3_open(path.c_str(), &database_) != SQLITE_OK) fail();
    // The file is put in its place when it is whole, so it needs no journal beside it.
    execute("PRAGMA journal_mode = OFF");
    execute("PRAGMA synchronous = OFF");
    execute("BEGIN");
}

SqliteFile::~SqliteFile() {
    drop_statement();
    sqlite3_close(database_);
}

void SqliteFile::fail() const {
    throw UserError(name_ + ": SQLite cannot write it: " + sqlite3_errmsg(database_));
}

void SqliteFile::execute(const std::string& sql) {
    if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

void SqliteFile::drop_statement() { sqlite3_finalize(std::exchange(insert_, nullptr)); }

void SqliteFile::create_table(const std::string& table, const std::vector<std::string>& columns) {
    drop_statement();
    std::string names, places;
    for (const std::string& column : columns) {
        names += (names.empty() ? "" : ", ") + quoted(column);
        places += places.empty() ? "?" : ", ?";
    }
    execute("CREATE TABLE " + quoted(table) + " (" + names + ")");
    const std::string insert = "INSERT INTO " + quoted(table) + " VALUES (" + places + ")";
    if (sqlite3_prepare_v2(database_, insert.c_str(), -1, &insert_, nullptr) != SQLITE_OK) fail();
}

void SqliteFile::add_row(const std::vector<nlohmann::json>& cells) {
    int column = 0;
    for (const nlohmann::json& cell : cells)
        if (bind(insert_, ++column, cell) != SQLITE_OK) fail();
    if (sqlite3_step(insert_) != SQLITE_DONE || sqlite3_reset(insert_) != SQLITE_OK) fail();
}

void SqliteFile::finish() {
    drop_statement();
    execute("COMMIT");
}

}  // namespace tessera::host
