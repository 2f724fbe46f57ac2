// SPDX-License-Identifier: MIT
#include <string>

#include "host/cli/approximation_options.h"
#include "host/cli/mask_options.h"
#include "host/cli/option_checks.h"
#include "host/cli/run_options.h"
#include "host/cli/task_command.h"
#include "host/task/catalogue.h"

namespace tessera::host {
namespace {

constexpr const char* kExamples = R"(Examples:
  tessera task mqar --tokens 4096 --pairs 512 --layout spread --window 256 --sinks 4
      512 values asked for under a window: how many come back, and how many have to by closed form
  tessera task reg --size 512 --model linear --dim 32
      a chain of 512 cells by linear attention, of which each must be right
  tessera task ed --size 14 --model sparse --generate --memory ideal
      the model makes its own tokens, one at a time
  tessera task reg --models standard,sparse,linear --sizes 32,128,512 --dims 4,8,16,32 --memory ideal
      where each model can do it: a heat map
Exit codes: 0 as many right as by the closed form, 1 not so many, or an attention outside of its bound,
2 user error, 3 a result that is withheld, 4 device error)";

void add_number(CLI::App& task, const char* name, std::optional<uint64_t>& number,
                const std::string& help) {
    task.add_option(name, number, help)->check(whole_number())->type_name("N")->group("Task");
}

/// Lists of values: their combinations are the points of a grid.
void add_grid_options(CLI::App& task, TaskGridOptions& grid) {
    const char* group = "Grid";
    const auto add_list = [&](const char* name, std::string& list, const char* help) {
        task.add_option(name, list, help)->check(not_empty())->type_name("LIST")->group(group);
    };
    add_list("--models", grid.models, "models of a grid, commas between");
    add_list("--sizes", grid.sizes,
             "sizes of a grid: --pairs of kv, --tokens of mqar, vartrack, induction, copy and "
             "listops, else --size");
    add_list("--dims", grid.columns, "values of --dim of a grid");
    task.add_option("--store", grid.store,
                    "file of the points that are done, from which a grid goes on")
        ->check(not_empty())
        ->type_name("FILE")
        ->group(group);
    task.add_option("--jobs", grid.jobs, "points of a grid at once (default: all processors)")
        ->check(from_one())
        ->type_name("N")
        ->group(group);
}

}  // namespace

void add_task_options(CLI::App& task, CommandLine& line) {
    const char* group = "Task";
    TaskOptions& options = line.task;
    Experiment& experiment = line.experiment;
    std::string names = "one of:";
    for (const TaskInfo& info : task_infos())
        names += std::string("\n") + info.name + ": " + info.text;
    task.footer(kExamples);
    task.add_option("name", options.name, names)->required()->type_name("NAME");
    task.add_option("--model", options.model,
                    "standard, window, sparse, linear or ring (default standard)")
        ->type_name("NAME")
        ->group(group);
    add_number(task, "--dim", options.columns,
               "most elements of a query, key or value row (default: as the task needs)");
    add_number(task, "--tokens", options.tokens,
               "tokens of kv, mqar, vartrack, induction and copy; most tokens of listops");
    add_number(task, "--pairs", options.pairs, "records of kv and mqar, each asked for once");
    task.add_option("--layout", options.layout,
                    "where the records are: first or spread (default first)")
        ->type_name("NAME")
        ->group(group);
    add_number(task, "--depth", options.depth,
               "percent of the room of kv in front of the records (default 0)");
    add_number(task, "--chains", options.chains, "chains of vartrack (default 1)");
    add_number(task, "--hops", options.hops,
               "assignments of a chain of vartrack behind its first (default 1)");
    task.add_flag("--doubling", options.doubling,
                  "every assignment of vartrack follows its pointer, which halves the layers")
        ->group(group);
    add_number(task, "--symbols", options.symbols, "symbols of induction and copy (default 64)");
    add_number(task, "--gram", options.gram,
               "symbols by which induction copies, 1 to 4 (default 1)");
    add_number(task, "--size", options.size,
               "cells of reg and reg-local, numbers of lis, letters of ed, letters of the text of "
               "ed-local, operators of arithmetic");
    add_number(task, "--reach", options.reach,
               "letters of the pattern of ed-local, or how far back cells of reg-local look");
    task.add_option("--seed", options.seed, "seed of the task (default 1)")
        ->check(whole_number())
        ->type_name("N")
        ->group(group);
    task.add_option("--code", options.code,
                    "code of addresses of softmax attention: digits or bits (default: that of the "
                    "task)")
        ->type_name("NAME")
        ->group(group);
    task.add_option("--gap", options.gap,
                    "scores of other addresses are lower by at least so many powers of two, up to "
                    "128 (default 32)")
        ->check(finite_number())
        ->type_name("X")
        ->group(group);
    task.add_flag("--generate", options.token_by_token,
                  "one token after the other; those that the model makes are its own")
        ->group(group);
    task.add_flag("--verify", line.verify_task,
                  "run each attention on the RTL, too, and compare every bit and cycle")
        ->group(group);
    add_grid_options(task, line.task_grid);
    add_mask_options(task, experiment.workload.mask);
    add_schedule_options(task, experiment.schedule);
    add_sentinel_options(task, experiment.schedule);
    add_self_oracle_options(task, experiment.schedule);
    add_approximation_options(task, experiment.schedule.approximation);
    add_verdict_options(task, experiment);
    add_machine_options(task, experiment.machine);
    add_devices_option(task, experiment.machine);
    add_choice<Implementation>(task, "--impl", experiment.machine.implementation,
                               "implementation of the device: model or rtl (default model)")
        ->group("Machine");
    add_report_options(task, line, "report.json, report.html and out.safetensors",
                       "4,096 tokens of an attention");
}

}  // namespace tessera::host
