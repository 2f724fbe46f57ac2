// SPDX-License-Identifier: MIT
// The folder of `outputs.folder`: made before the run, so that a wrong name is found early, and
// removed again if the run fails. The files in it appear together, after all of them have been
// written.
#pragma once
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "host/io/cleanup.h"
#include "host/io/output_file.h"
#include "host/run/output_stream.h"
#include "host/run/run_record.h"

namespace tessera::host {

class OutputFolder {
  public:
    /// Makes the folder; UserError with the system's reason if that is not possible or the folder
    /// cannot be written.
    explicit OutputFolder(const std::string& path);
    /// Removes what the constructor made, unless write_files has come to its end.
    ~OutputFolder();
    OutputFolder(const OutputFolder&) = delete;
    OutputFolder& operator=(const OutputFolder&) = delete;

    static constexpr const char* kReport = "report.json";
    static constexpr const char* kPage = "report.html";
    static constexpr const char* kTrace = "trace.json";
    static constexpr const char* kTensors = "out.safetensors";

    /// Names of all the files that there may be.
    static std::vector<std::string> all_file_names();
    /// Those of a report alone: report.json, and report.html where it is built in.
    static std::vector<std::string> report_names();
    /// Names of the files that write_files will write.
    static std::vector<std::string> file_names(const RunRecord& record);
    /// Where the output tensors go.
    std::string tensors_file() const;
    /// report.json with this text, trace.json, and report.html where it is built in; puts these and
    /// `tensors` (nullptr: there is no data) in place. UserError.
    void write_files(const std::string& text, const RunRecord& record, OutputStream* tensors);
    /// The same without a trace: report_names() and the tensors.
    void write_report(const std::string& text, SafetensorsWriter* tensors);

    /// The folders of `path` that the constructor would make, outermost first.
    static std::vector<std::filesystem::path> missing_folders(const std::string& path);

  private:
    void make(const std::filesystem::path& folder);
    void remove_made();
    /// Puts report, page, `trace` and `tensors` in place, so far as they are given; without tensors
    /// or a page, removes those of an earlier run. Nothing is removed any more.
    template <typename Tensors>
    void commit(const std::string& text, const std::string& timeline, OutputFile* trace,
                Tensors* tensors);
    std::string file(const char* name) const { return (path_ / name).string(); }

    std::filesystem::path path_;
    std::vector<std::filesystem::path> made_;  ///< outermost first
    std::deque<Cleanup> cleanups_;             ///< of these
    bool keep_ = false;
};

}  // namespace tessera::host
