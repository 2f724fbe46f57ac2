// SPDX-License-Identifier: MIT
#include "host/io/sha256.h"

#include <fmt/format.h>
#include <nettle/sha2.h>

#include "host/io/mapped_file.h"

namespace tessera::host {

std::string sha256_of_file(const std::string& path) {
    const MappedFile file(path);
    sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, file.bytes(), file.data());
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(&context, sizeof digest, digest);
    std::string text;
    for (const uint8_t byte : digest) text += fmt::format("{:02x}", byte);
    return text;
}

}  // namespace tessera::host
