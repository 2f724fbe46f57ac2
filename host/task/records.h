// SPDX-License-Identifier: MIT
// What the models of FETCH have in common: rows of operands and outputs, records by their address.
#pragma once
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "host/task/fetch.h"

namespace tessera::host {

/// Zeros in the shape of a request: a head a fetch, and one key/value head.
inline HeadOperands shaped(const FetchRequest& request, uint64_t dimension,
                           uint64_t value_dimension) {
    HeadOperands operands;
    operands.heads = request.asked.size();
    operands.tokens = request.queries();
    operands.key_tokens = request.tokens();
    operands.dimension = dimension;
    operands.value_dimension = value_dimension;
    operands.q.resize(operands.heads * operands.tokens * dimension);
    operands.k.resize(operands.key_tokens * dimension);
    operands.v.resize(operands.key_tokens * value_dimension);
    return operands;
}

inline float* query_row(HeadOperands& operands, size_t head, uint64_t query) {
    return operands.q.data() + (head * operands.tokens + query) * operands.dimension;
}
inline float* key_row(HeadOperands& operands, uint64_t token) {
    return operands.k.data() + token * operands.dimension;
}
inline float* value_row(HeadOperands& operands, uint64_t token) {
    return operands.v.data() + token * operands.value_dimension;
}
inline const float* output_row(const std::vector<float>& o, const HeadOperands& operands,
                               size_t head, uint64_t query) {
    return o.data() + (head * operands.tokens + query) * operands.value_dimension;
}

inline void put_queries(const AddressCode& code, const std::vector<std::vector<int64_t>>& asked,
                        HeadOperands& operands) {
    for (size_t head = 0; head < asked.size(); ++head)
        for (uint64_t query = 0; query < asked[head].size(); ++query)
            code.put_query(asked[head][query], query_row(operands, head, query));
}

/// `answer(head, query, address)` of everything that is asked.
template <typename Answer>
Fetched decoded(const FetchRequest& request, const Answer& answer) {
    Fetched fetched(request.asked.size(), std::vector<int64_t>(request.queries(), kNothing));
    for (size_t head = 0; head < request.asked.size(); ++head)
        for (uint64_t query = 0; query < request.queries(); ++query)
            if (request.asked[head][query] != kNothing)
                fetched[head][query] = answer(head, query, request.asked[head][query]);
    return fetched;
}

/// The tokens whose records have an address, ascending.
class RecordIndex {
  public:
    explicit RecordIndex(const FetchRequest& request) {
        for (uint64_t token = 0; token < request.tokens(); ++token)
            if (request.addresses[token] != kNothing)
                tokens_[request.addresses[token]].push_back(token);
    }

    const std::vector<uint64_t>& tokens_of(int64_t address) const {
        static const std::vector<uint64_t> none;
        const auto found = tokens_.find(address);
        return found == tokens_.end() ? none : found->second;
    }

  private:
    std::unordered_map<int64_t, std::vector<uint64_t>> tokens_;
};

}  // namespace tessera::host
