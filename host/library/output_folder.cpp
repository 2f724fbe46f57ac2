// SPDX-License-Identifier: MIT
#include "host/library/output_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "host/error.h"
#include "host/report/page.h"
#include "host/report/page_timeline.h"
#include "host/report/trace_json.h"

namespace tessera::host {

namespace fs = std::filesystem;

/// Whatever cannot be looked at is left to the making of the folder, which then gives the reason.
std::vector<fs::path> OutputFolder::missing_folders(const std::string& path) {
    std::vector<fs::path> missing;
    struct stat status {};
    for (fs::path p = path; !p.empty() && ::stat(p.c_str(), &status) != 0 && errno == ENOENT;
         p = p.parent_path())
        if (!p.filename().empty()) missing.insert(missing.begin(), p);  // else "folder/"
    return missing;
}

OutputFolder::OutputFolder(const std::string& path) : path_(path) {
    try {
        for (const fs::path& p : missing_folders(path)) make(p);
        struct stat status {};
        if (::stat(path.c_str(), &status) != 0)
            throw system_error("`outputs.folder` " + path, "cannot use this folder", errno);
        if (!S_ISDIR(status.st_mode))
            throw system_error("`outputs.folder` " + path, "cannot use this as a folder", ENOTDIR);
        if (access(path.c_str(), W_OK | X_OK) != 0)
            throw system_error("`outputs.folder` " + path, "cannot write in this folder", errno);
    } catch (...) {
        remove_made();
        throw;
    }
}

OutputFolder::~OutputFolder() {
    if (!keep_) remove_made();
}

void OutputFolder::make(const fs::path& folder) {
    constexpr mode_t kMode = 0777;  // less the umask
    if (::mkdir(folder.c_str(), kMode) == 0) {
        made_.push_back(folder);
        cleanups_.emplace_back(folder.string());
    } else if (errno != EEXIST) {  // another process may have been first
        throw system_error("`outputs.folder` " + path_.string(),
                           "cannot create the folder " + folder.string(), errno);
    }
}

void OutputFolder::remove_made() {
    std::error_code ignored;
    for (auto p = made_.rbegin(); p != made_.rend(); ++p) fs::remove(*p, ignored);  // only if empty
}

std::vector<std::string> OutputFolder::all_file_names() {
    return {kReport, kPage, kTrace, kTensors};
}

std::vector<std::string> OutputFolder::report_names() {
    if (page_is_built()) return {kPage, kReport};
    return {kReport};
}

std::vector<std::string> OutputFolder::file_names(const RunRecord& record) {
    std::vector<std::string> names = report_names();
    names.emplace_back(kTrace);
    if (!record.config.platform.timing_only && !withheld(record)) names.emplace_back(kTensors);
    return names;
}

template <typename Tensors>
void OutputFolder::commit(const std::string& text, const std::string& timeline, OutputFile* trace,
                          Tensors* tensors) {
    OutputFile report(file(kReport));
    report.append(text);
    std::optional<OutputFile> page;
    if (page_is_built()) {
        page.emplace(file(kPage));
        page->append(page_html({{kReport, text, timeline}}));
    }
    std::error_code ignored;
    if (tensors != nullptr)
        tensors->commit();
    else
        fs::remove(file(kTensors), ignored);
    if (trace != nullptr) trace->commit();
    if (page)
        page->commit();
    else
        fs::remove(file(kPage), ignored);
    report.commit();
    keep_ = true;
    cleanups_.clear();
}

void OutputFolder::write_files(const std::string& text, const RunRecord& record,
                               OutputStream* tensors) {
    OutputFile trace(file(kTrace));
    PageTimeline timeline(trace.path());
    write_trace_json(record, [&](std::string_view part) {
        trace.append(part);
        if (page_is_built()) timeline.feed(part);
    });
    commit(text, page_is_built() ? timeline.json() : "null", &trace, tensors);
}

void OutputFolder::write_report(const std::string& text, SafetensorsWriter* tensors) {
    commit(text, "null", nullptr, tensors);
}

std::string OutputFolder::tensors_file() const { return file(kTensors); }

}  // namespace tessera::host
