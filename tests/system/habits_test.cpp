// SPDX-License-Identifier: MIT
// What the command says beside its report: first words, notes, colours, offers, definitions,
// completions and the man page.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "host/cli/commands.h"
#include "host/cli/completions.h"
#include "host/cli/manual.h"
#include "host/config/keys.h"
#include "host/experiment/fields.h"
#include "include/tessera/tessera.h"
#include "tests/support/compared.h"
#include "tests/support/error_of.h"
#include "tests/support/run_tessera.h"
#include "tests/support/tensor_file.h"

using namespace tessera;
using namespace tessera::host;
using test::Compared;
using test::contains;
using test::Finished;
using test::run_tessera;

namespace {

constexpr const char* kRun = "run --device tiny --random 1,64,16 ";

/// With stderr on a terminal, which `script` makes; stdout is there, too.
std::string on_terminal(const std::string& arguments, const std::string& before) {
    return run_tessera("", before,
                       "script -qec '" TESSERA_BINARY " " + arguments + "' /dev/null < /dev/null")
        .out;
}

}  // namespace

TEST_CASE("tessera alone shows three commands that work") {
    Compared words("words of `tessera`");
    const Finished alone = run_tessera("");
    words.equal(alone.exit_code, 0);
    words.equal(alone.err, "");
    for (const char* command : {"tessera run ", "tessera compare ", "tessera explain ", "--help"})
        words.holds(contains(alone.out, command), [&] { return alone.out; });
}

TEST_CASE("option --quiet says nothing, --verbose what is done and decided") {
    Compared words("words on stderr");
    words.equal(run_tessera(std::string(kRun)).err, "");
    const Finished verbose = run_tessera(std::string(kRun) + "--verbose --schedule auto");
    words.equal(verbose.exit_code, 0);
    for (const char* part :
         {"phase: reading the input", "phase: simulating", "decided: memory ", "decided: schedule ",
          "the fewest predicted cycles of", "decided: --scale 0.25: 1 / sqrt(16)",
          "compared with double precision"})
        words.holds(contains(verbose.err, part), [&] { return part + verbose.err; });
    const test::Scratch files;
    const std::string many_heads = "run --device tiny --input " + (files / "x.safetensors") + " ";
    test::write_tensors(
        files / "x.safetensors",
        {test::f32("q", {9, 3, 8}), test::f32("k", {9, 3, 8}), test::f32("v", {9, 3, 8})});
    words.holds(contains(run_tessera(many_heads).err, "tessera: note: "),
                [] { return "a note without --quiet"; });
    words.equal(run_tessera(many_heads + "--quiet").err, "");
    words.holds(contains(run_tessera("run --quiet --device tiny --random 1,8,99").err, "99"),
                [] { return "a mistake is told with --quiet"; });
    words.equal(run_tessera(std::string(kRun) + "--quiet --verbose").exit_code, 2);
}

TEST_CASE("a run of hours says so before it begins") {
    Compared words("notes");
    Experiment e;
    e.workload.random.tokens = 1 << 20;
    e.machine.memory = "ideal";
    e.machine.engine = Engine::kSystemC;
    e.outputs.timing_only = true;
    const auto hear = [&](const Experiment& experiment) {
        std::string heard, phase_then;
        RunHooks hooks;
        hooks.note = [&](const std::string& text) { heard += text + "\n"; };
        hooks.progress = [&](const std::string& phase, double) {
            phase_then = phase;
            return heard.empty() && phase != "simulating";
        };
        words.equal(test::error_of([&] { run(experiment, hooks); }).code(), ErrorCode::kCancelled);
        words.equal(phase_then == "simulating", heard.empty(), [&] { return phase_then; });
        return heard;
    };
    const std::string text = hear(e);
    words.holds(contains(text, "this run will take about 5.6 min of processor time"),
                [&] { return text; });
    e.workload.random.tokens = 1024;
    words.equal(hear(e), "");
}

TEST_CASE("misspelt options, keys, presets and names get an offer") {
    Compared offers("offers");
    const std::pair<const char*, const char*> kCases[] = {
        {"rnu", "did you mean run?"},
        {"run --randm 1,8,8", "did you mean --random?"},
        {"run --random 1,8,8 --maks=causal", "did you mean --mask?"},
        {"run --random 1,8,8 --mask causl", "did you mean causal?"},
        {"run --random 1,8,8 --device bsae", "did you mean base?"},
        {"run --random 1,8,8 --memory idael", "did you mean ideal?"},
        {"run --random 1,8,8 --schedule pared", "did you mean paired?"},
        {"run --random 1,8,8 --set device.LANE=4", "did you mean device.LANES?"},
        {"verify gemm --randm 1,8,8", "did you mean --random?"},
        {"explain mac_utilization", "did you mean mac_utilisation?"},
    };
    for (const auto& [arguments, offer] : kCases) test::expect_refusal(offers, arguments, offer);
    const Finished far = run_tessera("run --random 1,8,8 --mask round");
    offers.holds(!contains(far.err, "did you mean"), [&] { return far.err; });
}

TEST_CASE("colours are for terminals, and NO_COLOR switches them off") {
    Compared colours("uses of colours");
    const std::string wrong = "run --random 1,8,8 --mask causl";
    const std::string escape = "\033[1;31m";
    colours.equal(contains(run_tessera(wrong, "TERM=xterm ").err, "\033"), false);
    colours.equal(contains(on_terminal(wrong, "TERM=xterm "), escape), true);
    colours.equal(contains(on_terminal(wrong, "TERM=xterm NO_COLOR=1 "), "\033"), false);
    colours.equal(contains(on_terminal(wrong, "TERM=dumb "), "\033"), false);
}

TEST_CASE("explain knows every figure of a report, every key and field, every exit code") {
    Compared keys("keys");
    const Finished all = run_tessera("explain");
    std::set<std::string> known;
    std::istringstream lines(all.out);
    for (std::string line; std::getline(lines, line);)
        known.insert(line.substr(line.rfind(' ') + 1));
    for (const ConfigKey& key : config_keys())
        keys.holds(known.count(key.path) == 1, [&] { return key.path; });
    for (const ExperimentField& field : experiment_fields())
        keys.holds(known.count(field.path) == 1, [&] { return field.path; });
    for (const char* code : {"0", "1", "2", "3", "4", "70"})
        keys.holds(known.count(code) == 1, [&] { return code; });
    Experiment e;
    e.machine.device = "tiny";
    e.workload.random.dimension = 16;
    e.workload.random.tokens = 64;
    for (const Report::Figure& figure : run(e).figures) {
        const bool of_row = figure.path.find_first_of("0123456789") != std::string::npos;
        if (!figure.meaning.empty() && !of_row)
            keys.holds(known.count(figure.path) == 1, [&] { return figure.path; });
    }
    const std::pair<const char*, const char*> kCases[] = {
        {"cycles", "length of the window"},
        {"counters.score_busy", "a key enters the score stage"},
        {"mac_utilisation", "derived.mac_utilisation (figure)"},
        {"device.LANES", "configuration key"},
        {"workload.scale", "option --scale"},
        {"3", "not valid for this input"}};
    for (const auto& [key, part] : kCases) {
        const Finished one = run_tessera(std::string("explain ") + key);
        keys.equal(one.exit_code, 0);
        keys.holds(contains(one.out, part), [&] { return one.out; });
    }
}

TEST_CASE("completions and the man page name every command and option") {
    Compared names("commands and options");
    const std::string page = manual_page();
    const std::string scripts[] = {completion_script("bash"), completion_script("zsh"),
                                   completion_script("fish")};
    with_all_commands([&](const CLI::App& app) {
        for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
            const std::string name = command->get_name();
            names.holds(contains(page, ".SS tessera " + name + "\n"), [&] { return name; });
            for (const std::string& script : scripts)
                names.holds(contains(script, name), [&] { return name; });
            for (const CLI::Option* option : command->get_options())
                for (const std::string& word : option->get_lnames()) {
                    names.holds(contains(scripts[0], "--" + word), [&] { return word; });
                    names.holds(contains(scripts[1], "--" + word), [&] { return word; });
                    names.holds(contains(scripts[2], " -l " + word), [&] { return word; });
                    std::string roff;
                    for (const char c : "--" + word) roff += c == '-' ? "\\-" : std::string(1, c);
                    names.holds(word == "help" || contains(page, roff), [&] { return word; });
                }
        }
    });
    test::expect_refusal(names, "completions csh", "bash, zsh, fish");
}

TEST_CASE("every name that a completion offers is accepted") {
    Compared accepted("names");
    for (const char* option : {"--mask", "--align", "--schedule", "--oracle", "--sentinel",
                               "--output-format", "--impl", "--format", "--device", "--memory"}) {
        const auto offered = names_of_option(option);
        accepted.holds(!offered.empty(), [&] { return option; });
        for (const std::string& name : offered) {
            const Finished f = run_tessera("run --random 1,16,16 --print-experiment " +
                                           std::string(option) + " " + name);
            accepted.equal(f.exit_code, 0, [&] { return option + (" " + name) + f.err; });
        }
    }
}
