// SPDX-License-Identifier: MIT
#include "host/cli/model_options.h"
#include "host/cli/option_checks.h"
#include "host/cli/run_options.h"
#include "host/model/requests.h"

namespace tessera::host {
namespace {

constexpr uint32_t kMostTexts = 1 << 12, kMostRows = 1 << 20;

constexpr const char* kServeExamples = R"(Examples:
  tessera serve --model llama --requests 200 --rate 50 --timing-only --policy mixed,prefill-first
      drawn requests under two policies: throughput, waiting times, use of the caches
  tessera serve --model llama --trace requests.csv --page 32 --pages 512
      requests of a file, keys and values in 512 pages of 32 rows
A trace has the line arrival_s,prompt_tokens,new_tokens and then a line for each request.
The model: a folder as of tessera generate; which tokens a prompt has is drawn.
Exit codes: 0 good, 2 user error, 3 the result is known not to be exact)";

void add_workload_options(CLI::App& serve, ServeOptions& o) {
    const char* group = "Requests";
    CLI::Option* const trace = serve.add_option("--trace", o.trace, "requests from a CSV file")
                                   ->check(not_empty())
                                   ->type_name("FILE")
                                   ->group(group);
    const auto drawn = [&](CLI::Option* option, const char* type) {
        option->excludes(trace)->type_name(type)->group(group);
    };
    drawn(serve.add_option("--requests", o.requests, "draw so many (default 100)")
              ->check(from_one(kMostRequests)),
          "N");
    drawn(serve.add_option("--rate", o.rate, "requests a second, exponential gaps (default 1)")
              ->check(finite_number()),
          "R");
    drawn(serve.add_option("--prompt-tokens", o.prompt_tokens,
                           "tokens of a prompt, uniform (default 16,256)"),
          "LEAST,MOST");
    drawn(serve.add_option("--new-tokens", o.new_tokens,
                           "new tokens of a text, uniform (default 16,128)"),
          "LEAST,MOST");
    serve.add_option("--seed", o.seed, "of what is drawn (default 1)")
        ->check(whole_number())
        ->type_name("N")
        ->group(group);
}

void add_service_options(CLI::App& serve, ServeOptions& o) {
    const char* group = "Service";
    serve
        .add_option("--policy", o.policies,
                    "what a run is made of: prefill-first, decode-first, mixed, or several "
                    "(default mixed)")
        ->check(not_empty())
        ->type_name("LIST")
        ->group(group);
    const auto add = [&](const char* name, auto& place, uint32_t most, const char* text) {
        serve.add_option(name, place, text)->check(from_one(most))->type_name("N")->group(group);
    };
    add("--texts", o.texts, kMostTexts, "texts under way at once, at most (default 16)");
    add("--chunk", o.chunk, kMostRows, "rows of prompts in a run, at most (default 256)");
    add("--page", o.page, kMostRows,
        "rows of a page of keys and values (default: M of the device)");
    add("--pages", o.pages, UINT32_MAX,
        "pages of the caches (default: for as many of the longest request as --texts)");
    serve.add_flag("--ignore-end", o.ignore_end, "go on behind a token that ends a text")
        ->group(group);
}

}  // namespace

void add_serve_options(CLI::App& serve, CommandLine& line) {
    serve.footer(kServeExamples);
    serve.add_option("--model", line.model.model, "name or folder of the model")
        ->required()
        ->check(not_empty())
        ->type_name("NAME|FOLDER");
    add_workload_options(serve, line.model.serve);
    add_service_options(serve, line.model.serve);
    add_machine_options(serve, line.experiment.machine);
    const char* group = "Result";
    serve
        .add_flag("--timing-only", line.experiment.outputs.timing_only,
                  "simulate cycles and traffic only")
        ->group(group);
    serve
        .add_option("--out", line.experiment.outputs.folder,
                    "folder for report.json and report.html")
        ->check(not_empty())
        ->type_name("FOLDER")
        ->group(group);
    serve.add_option("--format", line.format, "of the report: table, json, csv or markdown")
        ->type_name("NAME")
        ->group(group);
}

}  // namespace tessera::host
