// SPDX-License-Identifier: MIT
// Files of tensors as other tools write them, told by their first bytes: what a user most likely
// has in hand when it is not what an option reads.
#pragma once
#include <string>
#include <string_view>

namespace tessera::host {

/// What an option reads.
enum class Container { kSafetensors, kNpy };

bool starts_as_npy(std::string_view content);
/// Is this the start of a safetensors file: a header length that the format allows, and a brace?
bool starts_as_safetensors(std::string_view content);
/// Is this JSON text, as the index of a sharded safetensors file is?
bool starts_as_json(std::string_view content);

/// UserError that says what the file is and what to do, if its first bytes are those of a container
/// that is known and not `wanted`. `file` is its name in messages.
void refuse_other_container(const std::string& file, std::string_view content, Container wanted);

/// UserError for content that is of no known container: shows its first bytes.
[[noreturn]] void refuse_no_safetensors(const std::string& file, std::string_view content);

}  // namespace tessera::host
