// SPDX-License-Identifier: MIT
// The compiled part of the Python package: include/tessera/tessera.h with experiments as JSON and
// tensors as NumPy arrays. What users see of it is written in Python, in python/tessera/.
#include <pybind11/functional.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "include/tessera/task.h"

namespace py = pybind11;

namespace tessera::python {
namespace {

/// An array whose memory is C-ordered, and the name of its elements' type: "float32", "bfloat16".
/// python/tessera/operands.py makes it so.
using Arrays = std::map<std::string, std::pair<py::array, std::string>>;
using Listener = std::function<void(const std::string& text)>;
using Watcher = std::function<bool(const std::string& phase, double share)>;

const char* name_of(Report::Verdict verdict) {
    switch (verdict) {
        case Report::Verdict::kGood: return "good";
        case Report::Verdict::kMismatch: return "mismatch";
        case Report::Verdict::kNotValid: break;
    }
    return "not_valid";
}

/// An Error as tessera.Error of Python, which python/tessera/error.py defines.
void translate(std::exception_ptr pointer) {
    try {
        if (pointer) std::rethrow_exception(std::move(pointer));
    } catch (const Error& error) {
        const py::object type = py::module_::import("tessera.error").attr("Error");
        const py::object instance = type(error.what(), error_code_name(error.code()), error.field(),
                                         error.value(), error.allowed());
        PyErr_SetObject(type.ptr(), instance.ptr());
    }
}

ElementType element_type(const std::string& name) {
    if (name == "float64") return ElementType::kF64;
    if (name == "float16") return ElementType::kF16;
    if (name == "bfloat16") return ElementType::kBf16;
    return ElementType::kF32;
}

/// A view on the array's memory, which is not copied.
Experiment::Operand operand_of(const std::pair<py::array, std::string>& given) {
    const auto& [array, type] = given;
    Experiment::Operand operand;
    operand.data = array.data();
    operand.type = element_type(type);
    operand.shape.assign(array.shape(), array.shape() + array.ndim());
    return operand;
}

Experiment experiment_with(const std::string& json, const Arrays& arrays) {
    Experiment experiment = experiment_of(json);
    Experiment::Operands& operands = experiment.workload.operands;
    const std::pair<const char*, Experiment::Operand*> all[] = {{"q", &operands.q},
                                                                {"k", &operands.k},
                                                                {"v", &operands.v},
                                                                {"a", &operands.a},
                                                                {"b", &operands.b}};
    for (const auto& [name, operand] : all)
        if (const auto given = arrays.find(name); given != arrays.end())
            *operand = operand_of(given->second);
    return experiment;
}

/// Hooks that call Python, from a run without its lock. What Python throws ends the run: an
/// exception of a hook, or the KeyboardInterrupt of a signal's handler.
class PythonHooks {
  public:
    PythonHooks(Watcher progress, Listener note, Listener decision)
        : progress_(std::move(progress)), note_(std::move(note)), decision_(std::move(decision)) {}

    RunHooks hooks() {
        return {[this](const std::string& phase, double share) { return go_on(phase, share); },
                [this](const std::string& text) { tell(note_, text); },
                [this](const std::string& text) { tell(decision_, text); }};
    }

    /// What ended the run, if Python did.
    void rethrow() {
        if (thrown_) std::rethrow_exception(thrown_);
    }

  private:
    bool go_on(const std::string& phase, double share) {
        const py::gil_scoped_acquire lock;
        if (thrown_) return false;
        try {
            if (PyErr_CheckSignals() != 0) throw py::error_already_set();
            return !progress_ || progress_(phase, share);
        } catch (const py::error_already_set&) {
            thrown_ = std::current_exception();
            return false;
        }
    }

    void tell(const Listener& listener, const std::string& text) {
        if (!listener) return;
        const py::gil_scoped_acquire lock;
        try {
            listener(text);
        } catch (const py::error_already_set&) {
            thrown_ = std::current_exception();
        }
    }

    Watcher progress_;
    Listener note_, decision_;
    std::exception_ptr thrown_;
};

/// The tensor as an array that owns its memory: nothing is copied.
py::array_t<float> array_of(Report::Tensor& tensor) {
    auto values = std::make_unique<std::vector<float>>(std::move(tensor.values));
    float* const data = values->data();
    const py::capsule owner(values.release(),
                            [](void* held) { delete static_cast<std::vector<float>*>(held); });
    return py::array_t<float>(tensor.shape, data, owner);
}

py::object errors_of(const Report& report) {
    if (!report.errors) return py::none();
    const Report::Errors& e = *report.errors;
    return py::dict(py::arg("elements") = e.elements, py::arg("not_compared") = e.not_compared,
                    py::arg("outside") = e.outside, py::arg("max_abs") = e.max_abs,
                    py::arg("rms_relative") = e.rms_relative,
                    py::arg("max_over_bound") = e.max_over_bound);
}

/// The keyword arguments of tessera.Report (python/tessera/report.py).
py::dict dict_of(Report& report) {
    py::list figures;
    for (const Report::Figure& one : report.figures)
        figures.append(py::make_tuple(one.path, one.value, one.unit, one.meaning));
    py::dict tensors;
    for (Report::Tensor& tensor : report.tensors) tensors[tensor.name.c_str()] = array_of(tensor);
    return py::dict(py::arg("verdict") = name_of(report.verdict),
                    py::arg("remarks") = report.remarks, py::arg("json") = report.json,
                    py::arg("text") = report.text, py::arg("figures") = figures,
                    py::arg("errors") = errors_of(report), py::arg("tensors") = tensors);
}

/// Without Python's lock, and one run at a time, as the library wants it.
Report run_unlocked(const Experiment& experiment, const RunHooks& hooks, unsigned seconds) {
    static std::mutex one_at_a_time;
    const py::gil_scoped_release unlock;
    const std::lock_guard<std::mutex> lock(one_at_a_time);
    return run(experiment, hooks, seconds);
}

py::dict run_json(const std::string& json, const Arrays& arrays, unsigned seconds,
                  const Watcher& progress, const Listener& note, const Listener& decision) {
    const Experiment experiment = experiment_with(json, arrays);
    PythonHooks hooks(progress, note, decision);
    try {
        Report report = run_unlocked(experiment, hooks.hooks(), seconds);
        hooks.rethrow();
        return dict_of(report);
    } catch (const Error&) {
        hooks.rethrow();
        throw;
    }
}

py::dict predict_json(const std::string& json, const Arrays& arrays) {
    const Experiment experiment = experiment_with(json, arrays);
    Prediction foretold;
    {
        const py::gil_scoped_release unlock;
        foretold = predict(experiment);
    }
    return py::dict(py::arg("cycles") = foretold.cycles,
                    py::arg("stall_free_cycles") = foretold.stall_free_cycles,
                    py::arg("calls") = foretold.calls, py::arg("bytes") = foretold.bytes,
                    py::arg("schedule") = foretold.schedule);
}

/// `given` by name, if it is there and not None.
template <typename Value>
void take(const py::dict& given, const char* name, Value& value) {
    if (given.contains(name) && !given[name].is_none()) value = given[name].cast<Value>();
}

TaskOptions task_options(const py::dict& given) {
    TaskOptions options;
    take(given, "name", options.name);
    take(given, "model", options.model);
    take(given, "code", options.code);
    take(given, "layout", options.layout);
    take(given, "seed", options.seed);
    take(given, "doubling", options.doubling);
    take(given, "token_by_token", options.token_by_token);
    take(given, "gap", options.gap);
    const std::pair<const char*, std::optional<uint64_t>*> numbers[] = {
        {"columns", &options.columns}, {"tokens", &options.tokens}, {"pairs", &options.pairs},
        {"size", &options.size},       {"chains", &options.chains}, {"hops", &options.hops},
        {"symbols", &options.symbols}, {"gram", &options.gram},     {"reach", &options.reach},
        {"depth", &options.depth}};
    for (const auto& [name, number] : numbers) take(given, name, *number);
    return options;
}

/// [tokens][fields]
py::array_t<int64_t> array_of(const std::vector<std::vector<int64_t>>& rows, size_t fields) {
    py::array_t<int64_t> array({rows.size(), fields});
    int64_t* to = array.mutable_data();
    for (const auto& row : rows) to = std::copy(row.begin(), row.end(), to);
    return array;
}

/// The keyword arguments of tessera.TaskReport (python/tessera/task.py).
py::dict run_task_json(const py::dict& given, const std::string& json, const Watcher& progress) {
    const TaskOptions options = task_options(given);
    const Experiment experiment = experiment_of(json);
    PythonHooks hooks(progress, {}, {});
    TaskReport report;
    try {
        const RunHooks told = hooks.hooks();
        const py::gil_scoped_release unlock;
        report = run_task(options, experiment, told);
    } catch (const Error&) {
        hooks.rethrow();
        throw;
    }
    hooks.rethrow();
    py::list figures;
    for (const Report::Figure& one : report.figures)
        figures.append(py::make_tuple(one.path, one.value, one.unit, one.meaning));
    const size_t fields = report.fields.size();
    return py::dict(py::arg("asked") = report.asked, py::arg("right") = report.right,
                    py::arg("expected_right") = report.expected_right,
                    py::arg("unexpected") = report.unexpected, py::arg("remarks") = report.remarks,
                    py::arg("notes") = report.notes, py::arg("json") = report.json,
                    py::arg("text") = report.text, py::arg("figures") = figures,
                    py::arg("fields") = report.fields,
                    py::arg("tokens") = array_of(report.tokens, fields),
                    py::arg("answers") = array_of(report.answers, fields),
                    py::arg("truth") = array_of(report.truth, fields));
}

}  // namespace

PYBIND11_MODULE(_tessera, module) {
    module.attr("__version__") = TESSERA_VERSION;
    module.doc() = "The compiled part of tessera; use the package.";
    py::register_exception_translator(translate);
    module.def("run", run_json, py::arg("experiment"), py::arg("arrays"), py::arg("seconds"),
               py::arg("progress") = Watcher(), py::arg("note") = Listener(),
               py::arg("decision") = Listener());
    module.def("predict", predict_json, py::arg("experiment"), py::arg("arrays"));
    module.def("run_task", run_task_json, py::arg("options"), py::arg("experiment"),
               py::arg("progress") = Watcher());
    module.attr("NO_SYMBOL") = kNoSymbol;
    module.def(
        "complete", [](const std::string& json) { return json_of(experiment_of(json)); },
        "All fields of the experiment in JSON, with the defaults of those left out.");
}

}  // namespace tessera::python
