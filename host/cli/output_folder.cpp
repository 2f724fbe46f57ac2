// SPDX-License-Identifier: MIT
#include "host/cli/output_folder.h"

#include <unistd.h>

#include <cerrno>

#include "host/error.h"
#include "host/io/output_file.h"
#include "host/report/report_json.h"
#include "host/report/trace_json.h"

namespace tessera::host {
namespace {

namespace fs = std::filesystem;

}  // namespace

OutputFolder::OutputFolder(const std::string& path) : path_(path) {
    std::error_code error;
    for (fs::path p = fs::absolute(path_, error); !p.empty() && !fs::exists(p, error);
         p = p.parent_path()) {
        if (p.filename().empty()) continue;  // "folder/"
        made_.push_back(p);
        if (p == p.root_path()) break;
    }
    for (auto p = made_.rbegin(); p != made_.rend(); ++p)
        if (!fs::create_directory(*p, error) && error) {
            made_.erase(made_.begin(), p.base());
            for (const fs::path& outer : made_) fs::remove(outer, error);
            throw bad_value("command line", "--out", printable(path), "a folder that can be made");
        }
    for (auto p = made_.rbegin(); p != made_.rend(); ++p) cleanups_.emplace_back(p->string());
    if (!fs::is_directory(path_, error))
        throw bad_value("command line", "--out", printable(path), "a folder; this is a file");
    if (access(path_.c_str(), W_OK | X_OK) != 0)
        throw system_error(path, "cannot write in this folder", errno);
}

OutputFolder::~OutputFolder() {
    if (keep_) return;
    std::error_code ignored;
    for (const fs::path& p : made_) fs::remove(p, ignored);  // only if empty
}

std::vector<std::string> OutputFolder::all_file_names() { return {kReport, kTrace, kTensors}; }

std::vector<std::string> OutputFolder::file_names(const RunRecord& record) {
    std::vector<std::string> names = {kReport, kTrace};
    if (!record.config.platform.timing_only && !withheld(record)) names.push_back(kTensors);
    return names;
}

template <typename Tensors>
void OutputFolder::commit_or_remove(Tensors* tensors) {
    if (tensors != nullptr) return tensors->commit();
    std::error_code ignored;
    fs::remove(file(kTensors), ignored);
}

void OutputFolder::write_files(const RunRecord& record, OutputStream* tensors) {
    OutputFile report(file(kReport));
    report.append(dumped(report_json(record), 2) + "\n");
    OutputFile trace(file(kTrace));
    write_trace_json(record, [&](std::string_view text) { trace.append(text); });
    commit_or_remove(tensors);
    trace.commit();
    report.commit();
    keep();
}

void OutputFolder::write_report(const std::string& text, SafetensorsWriter* tensors) {
    OutputFile report(file(kReport));
    report.append(text + "\n");
    commit_or_remove(tensors);
    report.commit();
    keep();
}

void OutputFolder::keep() {
    keep_ = true;
    cleanups_.clear();
}

std::string OutputFolder::tensors_file() const { return file(kTensors); }

}  // namespace tessera::host
