// SPDX-License-Identifier: MIT
// The folder of --out: made before the run, so that a wrong name is found early, and removed again
// if the run fails. The files in it appear together, after all of them have been written.
#pragma once
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "host/io/cleanup.h"
#include "host/report/run_record.h"

namespace tessera::host {

class OutputFolder {
  public:
    /// Makes the folder; UserError if that is not possible or it cannot be written.
    explicit OutputFolder(const std::string& path);
    /// Removes what the constructor made, unless write_files has come to its end.
    ~OutputFolder();
    OutputFolder(const OutputFolder&) = delete;
    OutputFolder& operator=(const OutputFolder&) = delete;

    /// Names of all the files that there may be.
    static std::vector<std::string> all_file_names();
    /// Names of the files that write_files will write.
    static std::vector<std::string> file_names(const RunRecord& record);
    /// report.json, trace.json, and unless there is no data out.safetensors: `o`
    /// [query_heads][nq][d_v] in the shape of q, and `lse` if the problem wants it. UserError.
    void write_files(const RunRecord& record, const std::vector<float>& o,
                     const std::vector<double>& lse);

  private:
    std::string file(const char* name) const { return (path_ / name).string(); }

    std::filesystem::path path_;
    std::vector<std::filesystem::path> made_;  ///< innermost first
    std::deque<Cleanup> cleanups_;             ///< of these, outermost first
    bool keep_ = false;
};

}  // namespace tessera::host
