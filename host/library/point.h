// SPDX-License-Identifier: MIT
// One experiment, run in this process with all the files that it asks for. What a command of the
// program, a row of a comparison and a user of the library have in common.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/error.h"
#include "host/library/verdict.h"
#include "host/plain_fields.h"
#include "host/report/render.h"
#include "include/tessera/tessera.h"

namespace tessera::host {

/// Who asks for a run.
struct Caller {
    std::vector<std::string> command_line = {};  ///< for the report
    std::vector<std::string> sources = {};  ///< files that the experiment was read from, to be kept
    bool wants_tensors = false;             ///< in memory
    /// A text as the caller's users read it: what stands between backticks are fields.
    std::function<std::string(std::string_view)> words = plain_fields;
};

class Point {
  public:
    explicit Point(Caller caller) : caller_(std::move(caller)) {}
    virtual ~Point() = default;
    Point(const Point&) = delete;
    Point& operator=(const Point&) = delete;

    /// Simulates, checks and writes the files. Error; anything else is a bug. Once per process.
    virtual void run() = 0;

    /// The report, from the end of run() on; fields in it stand between backticks.
    const Document& document() const { return document_; }
    /// The report in the words of the caller; as a table it also names the files.
    std::string text(Format format) const;
    const Caller& caller() const { return caller_; }
    virtual RunVerdict verdict() const = 0;
    virtual std::optional<Report::Errors> errors() const = 0;
    /// None that is withheld.
    virtual std::vector<Report::Tensor> tensors() const = 0;

  protected:
    /// What is known of the run is complete, its verdict too.
    void set_document(Document document);

  private:
    /// Lines behind the report's table.
    virtual std::string files_text() const { return ""; }

    const Caller caller_;
    Document document_;
};

/// Reads and checks the input, makes the folder for the files, and tells `hooks` the notes on the
/// input. UserError.
std::unique_ptr<Point> make_point(const Experiment& experiment, const Caller& caller,
                                  const RunHooks& hooks);

/// The same, and runs it. UserError, too, if this computer has not enough memory.
std::unique_ptr<Point> run_point(const Experiment& experiment, const Caller& caller,
                                 const RunHooks& hooks);

/// The same in a process of its own, which the hooks may end; what came out. Error, also if the
/// process ends otherwise than by itself, or takes more than `seconds`; 0: no limit. Not from
/// several threads at once.
Report run_apart(const Experiment& experiment, const Caller& caller, const RunHooks& hooks,
                 unsigned seconds);

/// What to say then. `with_data`: without data it would take less.
UserError out_of_host_memory(bool with_data);

/// `values`, row by row, with each row at its place: a tensor of that shape.
Report::Tensor tensor_of(const std::string& name, const std::vector<uint64_t>& shape,
                         const std::vector<float>& values,
                         const std::function<uint64_t(uint64_t row)>& place_of_row);

}  // namespace tessera::host
