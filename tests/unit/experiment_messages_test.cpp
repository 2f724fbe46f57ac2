// SPDX-License-Identifier: MIT
// What is wrong with an experiment is said as exactly as it can be: which element, which key, what
// else has to be given.
#include <cmath>
#include <limits>

#include "host/error.h"
#include "host/experiment/check.h"
#include "host/experiment/experiment_json.h"
#include "host/experiment/problem_of.h"
#include "tests/support/compared.h"
#include "tests/unit/files.h"

using namespace tessera;
using test::Compared;

namespace {

std::string reading(const std::string& text) {
    return test::message_of([&] { host::read_experiment("x.json", text); });
}

std::string checking(const Experiment& experiment) {
    return test::message_of([&] { host::check_experiment(experiment); });
}

std::string checking(const std::string& text) {
    return checking(host::read_experiment("x.json", text));
}

}  // namespace

TEST_CASE("the element, the key and the way to write it are named", "[experiment]") {
    Compared compared("messages");
    const std::pair<const char*, const char*> cases[] = {
        {R"({"machine": {"settings": {"device.D": 8, "device.M": null}}})",
         "x.json: machine.settings: device.M is null; allowed: a text or a number"},
        {R"({"machine": {"settings": {"device.M": "1\u00002"}}})",
         "x.json: machine.settings: device.M is \"1\\u00002\"; allowed: a text without NUL"},
        {R"({"machine": {"settings": {"a\u0000b": 1}}})",
         "x.json: machine.settings: a key is \"a\\u0000b\"; allowed: a text without NUL"},
        {R"({"machine": {"settings": []}})",
         "x.json: machine.settings is an array of 0; allowed: an object of keys with texts or "
         "numbers"},
        {R"({"machine": {"memory": "a\u0000"}})",
         "x.json: machine.memory is \"a\\u0000\"; allowed: a text without NUL"},
        {R"({"workload": {"mask": {"documents": [0, -1]}}})",
         "x.json: workload.mask.documents[1] is -1; allowed: a whole number, 0 to 4294967295"},
        {R"({"workload": {"batch": {"query_lengths": [null]}}})",
         "x.json: workload.batch.query_lengths[0] is null; allowed: a whole number, 0 to "
         "4294967295"},
        {R"({"workload": {"batch": {"query_lengths": {"0": 1}}}})",
         "x.json: workload.batch.query_lengths is an object of 1; allowed: a list of whole "
         "numbers, 0 to 4294967295"},
        {R"({"machine": {"device": "tiny", "device": "base"}})",
         "x.json: key machine.device is given twice; allowed: once"},
        {R"({"machine": {}, "machine": {}})", "x.json: key machine is given twice; allowed: once"},
        {R"({"workload": {"mask": {"documents": [0, {"a": 1, "a": 2}]}}})",
         "x.json: key workload.mask.documents[1].a is given twice; allowed: once"},
        {R"({"machine": {}, "workload": {"scale": 1, "random": {}, "scale": 2}})",
         "x.json: key workload.scale is given twice; allowed: once"},
        {R"({"machine.device": "tiny"})",
         "x.json: key machine.device is unknown; allowed: operation, machine, workload, schedule, "
         "outputs; write it as {\"machine\": {\"device\": ...}}"},
        {R"({"workload": {"mask.window": 1}})",
         "x.json: key workload.mask.window is unknown; allowed: source, random, file, "
         "tensor_names, arrays, head_order, allow_nonfinite, mask, batch, scale, output_format, "
         "form, precision, inner_block, column_block, lse, sink_logits; write it as {\"workload\": "
         "{\"mask\": {\"window\": ...}}}"},
        {R"({"machine.devise": "tiny"})",
         "x.json: key machine.devise is unknown; allowed: operation, machine, workload, schedule, "
         "outputs"},
        {R"({"": 1})",
         "x.json: key \"\" is unknown; allowed: operation, machine, workload, schedule, outputs"},
        {R"({"outputs": {"slots": {"": 1}}})",
         "x.json: key outputs.slots.\"\" is unknown; allowed: heads, layers"},
        {R"({"machine": {"devices": 100000000000000000000}})",
         "x.json: machine.devices is 100000000000000000000; allowed: a whole number, 1 to 64"},
        {R"({"machine": {"devices": 1e300}})",
         "x.json: machine.devices is 1e+300; allowed: a whole number, 1 to 64"},
        {R"({"schedule": {"sentinel_offset": 1e19}})",
         "x.json: schedule.sentinel_offset is 10000000000000000000; allowed: a whole number, "
         "-32767 to 32767, or null"},
    };
    for (const auto& [text, message] : cases)
        compared.equal(reading(text), std::string(message), [&text = text] { return text; });
}

TEST_CASE("a whole number may be written with a point or an exponent", "[experiment]") {
    Compared compared("numbers");
    const Experiment e = host::read_experiment(
        "x.json",
        R"({"machine": {"devices": 4.0, "settings": {"device.M": 16.0, "device.clock_ghz": 0.5}},
            "workload": {"random": {"seed": 1e19, "heads": 4e0}, "mask": {"documents": [0.0, 3.0]}},
            "schedule": {"sentinel_offset": -2.0E1}})");
    compared.equal(e.machine.devices, uint64_t{4});
    compared.equal(e.machine.settings.at("device.M"), std::string("16"));
    compared.equal(e.machine.settings.at("device.clock_ghz"), std::string("0.5"));
    compared.equal(e.workload.random.seed, uint64_t{10'000'000'000'000'000'000u});
    compared.equal(e.workload.random.heads, uint64_t{4});
    compared.holds(e.workload.mask.documents == std::vector<uint32_t>{0, 3},
                   [] { return "documents"; });
    compared.equal(e.schedule.sentinel_offset.value_or(0), int64_t{-20});
}

TEST_CASE("a field without what gives it a meaning says what that is", "[experiment]") {
    Compared compared("messages");
    const auto says = [&](const std::string& text, const std::string& message) {
        compared.equal(checking(text), "experiment: " + message, [&] { return text; });
    };
    says(R"({"workload": {"file": "x.safetensors"}})",
         "workload.file is \"x.safetensors\"; allowed: \"\"; others only with workload.source file "
         "and operation attention, linear");
    says(R"({"workload": {"source": "file", "file": "x", "random": {"tokens": 3}}})",
         "workload.random.tokens is 3; allowed: 1024; others only with workload.source random and "
         "operation attention, linear");
    says(R"({"workload": {"source": "file", "file": "x", "random": {"seed": 3}}})",
         "workload.random.seed is 3; allowed: 1; others only with workload.source random");
    says(R"({"operation": "gemm", "machine": {"devices": 2}})",
         "machine.devices is 2; allowed: 1; others only with operation attention");
    const std::string rule = "; others only with schedule.approximation.rule";
    says(R"({"schedule": {"approximation": {"tiles": 3}}})",
         "schedule.approximation.tiles is 3; allowed: null" + rule);
    says(R"({"schedule": {"approximation": {"seed": 3}}})",
         "schedule.approximation.seed is 3; allowed: 1" + rule);
    says(R"({"schedule": {"approximation": {"tolerance": 0.25}}})",
         "schedule.approximation.tolerance is 0.25; allowed: 0.1" + rule);
    says(R"({"outputs": {"accept_approximation": true}})",
         "outputs.accept_approximation is true; allowed: false" + rule);
    compared.equal(checking(R"({"schedule": {"approximation": {"rule": "hybrid", "tiles": 3,
                    "seed": 3, "tolerance": 0.25}}, "outputs": {"accept_approximation": true}})"),
                   std::string());
}

TEST_CASE("what a C++ program can set and JSON cannot hold is shown", "[experiment]") {
    Compared compared("messages");
    const double infinity = std::numeric_limits<double>::infinity();
    for (const auto& [number, text] :
         {std::pair(std::nan(""), "nan"), {infinity, "inf"}, {-infinity, "-inf"}}) {
        Experiment scale, tolerance;
        scale.workload.scale = number;
        tolerance.schedule.approximation.tolerance = number;
        compared.equal(checking(scale), "experiment: workload.scale is " + std::string(text) +
                                            "; allowed: a finite number, or null");
        compared.equal(checking(tolerance), "experiment: schedule.approximation.tolerance is " +
                                                std::string(text) + "; allowed: a finite number");
    }
    Experiment file, setting, key, zero;
    file.workload.source = Source::kFile;
    file.workload.file = "\xff\xfe.safetensors";
    setting.machine.settings = {{"device.M", "\xe9"}};
    key.machine.settings = {{"\xe9", "1"}};
    zero.machine.device = std::string("a\0b", 3);
    const std::pair<Experiment, const char*> texts[] = {
        {file, "workload.file is \"\\xff\\xfe.safetensors\"; allowed: a text in UTF-8"},
        {setting, "machine.settings: device.M is \"\\xe9\"; allowed: a text in UTF-8"},
        {key, "machine.settings: a key is \"\\xe9\"; allowed: a text in UTF-8"},
        {zero, "machine.device is \"a\\u0000b\"; allowed: a text without NUL"}};
    for (const auto& [experiment, message] : texts) {
        const std::string whole = std::string("experiment: ") + message;
        compared.equal(checking(experiment), whole);
        compared.equal(test::message_of([&e = experiment] { host::check_texts(e); }), whole);
    }
    file.workload.file = "\xc3\xa9.safetensors";
    compared.equal(checking(file), std::string());
}

TEST_CASE("an error about a key of the machine has that key as its value", "[experiment]") {
    Compared compared("parts of errors");
    Experiment e;
    e.machine.settings = {{"device.lanes", "8"}};
    try {
        host::config_of(e);
        compared.holds(false, [] { return "no error"; });
    } catch (const Error& error) {
        compared.equal(error.field(), std::string("machine.settings"));
        compared.equal(error.value(), std::string("device.lanes"));
        compared.equal(error.allowed().find("device.M, "), size_t{0});
    }
}
