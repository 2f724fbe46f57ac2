// SPDX-License-Identifier: MIT
// Ragged batches: what is refused and in which words, documents that become sequences, and the
// names of their commands.
#include <set>

#include "host/error.h"
#include "host/operation/layout.h"
#include "host/run/command_names.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/support/small_platform.h"

using namespace tessera;
using namespace tessera::host;
using test::Compared;
using test::small_platform;

TEST_CASE("what a batch cannot have is refused in words") {
    Compared messages("messages");
    const auto message_of = [](const Problem& p) {
        try {
            check_problem(p, small_platform(), "tiny");
        } catch (const UserError& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    const auto expect = [&](const Problem& p, const char* words) {
        const std::string message = message_of(p);
        messages.holds(message.find(words) != std::string::npos, [&] { return message; });
    };
    Problem p;
    p.query_heads = p.kv_heads = p.batch = 2;
    p.nq = p.nk = p.d_k = p.d_v = 16;
    p.scale = 1;
    p.key_lengths = {16, 3};
    messages.equal(message_of(p), std::string());
    p.mask.documents = {0, 4};
    expect(p,
           "workload.batch.key_lengths is given with workload.mask.documents; documents packed "
           "into one sequence have no "
           "batch; give one of them");
    p.mask.documents.clear();
    p.mask.tiles = {"flags", 1, 1, 1, {1}};
    expect(p, "workload.batch.key_lengths is given with workload.mask.tile_flags");
    p.query_lengths.swap(p.key_lengths);
    expect(p, "workload.batch.query_lengths is given with workload.mask.tile_flags");
    p.mask.tiles = {};
    p.query_lengths = {17, 1};
    expect(p, "workload.batch.query_lengths is 17 at place 1; allowed: 0 to 16");
    p.query_lengths = {0, 0};
    expect(p, "workload.batch.query_lengths leaves no sequence with both a query and a key");
    p.query_lengths = {0, 5};
    p.key_lengths = {5, 0};
    expect(p,
           "workload.batch.query_lengths and workload.batch.key_lengths leave no sequence with "
           "both a query and a key");
    p.query_lengths.clear();
    p.key_lengths = {0, 0};
    expect(p, "workload.batch.key_lengths leaves no sequence with both a query and a key");
    p.key_lengths.clear();
    p.query_offsets = {0, 4, 16};
    p.key_offsets = {0, 16, 16};
    messages.equal(message_of(p), std::string());
    p.query_offsets = {0, 4, 3};
    expect(p, "workload.batch.query_offsets is 3 at place 3; allowed: 4 or more");
    p.query_offsets = {1, 4, 16};
    expect(p, "workload.batch.query_offsets is 1 at place 1; allowed: 0");
    p.query_offsets = {0, 4, 17};
    expect(p,
           "workload.batch.query_offsets is 17 at place 3; allowed: at most 16, the number of "
           "queries");
    p.query_offsets = {0};
    expect(p, "workload.batch.query_offsets is a list of 1; allowed: at least two numbers");
    p.query_offsets = {0, 4};
    expect(p,
           "workload.batch.key_offsets is a list of 3; allowed: 2 numbers, as many as "
           "workload.batch.query_offsets has");
    p.query_offsets = {0, 4, 16};
    p.key_offsets = {0, 4, 17};
    expect(p,
           "workload.batch.key_offsets is 17 at place 3; allowed: at most 16, the number of keys");
    p.key_offsets = {0, 0, 0};
    expect(p,
           "workload.batch.query_offsets and workload.batch.key_offsets leave no sequence with "
           "both a query and a key");
    p.query_offsets = {0, 0, 0};
    expect(p, "workload.batch.query_offsets leaves no sequence with both a query and a key");
    p.query_offsets = p.key_offsets = {0, 4, 16};
    p.mask.documents = {0, 4};
    expect(p,
           "workload.batch.query_offsets is given with workload.mask.documents; both cut the "
           "tokens into sequences; give one of "
           "them");
}

TEST_CASE("documents become packed sequences where the mask looks back, and only there") {
    Compared divided("problems");
    Problem p;
    p.nq = p.nk = 50;
    p.mask.documents = {0, 20, 27};
    for (const bool causal : {false, true}) {
        Problem plain = p;
        plain.mask.causal = causal;
        divide_documents(plain);
        divided.holds(!plain.packed() && plain.mask.documents == p.mask.documents,
                      [] { return "plain"; });
    }
    const auto expect = [&](Problem local) {
        divide_documents(local);
        const std::vector<uint32_t> offsets = {0, 20, 27, 50};
        divided.holds(local.mask.documents.empty() && local.query_offsets == offsets &&
                          local.key_offsets == offsets,
                      [&] { return local.mask.text(); });
    };
    Problem window = p, sinks = p, block = p;
    window.mask.window = 5;
    sinks.mask.sinks = 5;
    block.mask.block = 4;
    expect(window);
    expect(sinks);
    expect(block);
    window.nk = 51;
    try {
        divide_documents(window);
        divided.holds(false, [] { return "50 queries and 51 keys"; });
    } catch (const UserError& error) {
        divided.holds(
            std::string(error.what()).find("workload.mask.documents") != std::string::npos,
            [&] { return error.what(); });
    }
}

TEST_CASE("commands of a batch have the names of heads and summaries of their sequence") {
    Compared names("loads of summaries");
    Problem p;
    p.batch = 3;
    p.query_heads = p.kv_heads = 6;
    p.nq = p.nk = 64;
    p.d_k = p.d_v = 16;
    p.scale = 1;
    p.mask.causal = true;
    p.mask.block = 4;
    p.mask.summary = 2;
    p.key_lengths = p.query_lengths = {64, 10, 50};
    const hw::PlatformConfig config = small_platform();
    const Layout layout = make_layout(p, config);
    CommandNames commands(layout, config.params);
    std::set<std::string> seen;
    for (uint64_t i = 0; i < 400; ++i) {
        commands.go_to(i);
        if (commands.command().opcode == spec::Opcode::kLoadK) seen.insert(commands.name());
    }
    // Every block but a query tile's own leaves two summaries, sixteen a tile.
    for (const uint32_t head : {0u, 1u, 4u, 5u})
        for (const uint32_t part : {0u, 1u})
            names.equal(seen.count("LOAD_K head " + std::to_string(head) + " summaries " +
                                   std::to_string(part)),
                        1u);
    for (const std::string& name : seen)
        names.holds(name.find("summaries 2") == std::string::npos &&
                        (name.find("summaries") == std::string::npos ||
                         name.find("head 2") == std::string::npos),
                    [&] { return name; });
}
