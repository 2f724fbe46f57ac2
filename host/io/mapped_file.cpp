// SPDX-License-Identifier: MIT
#include "host/io/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "host/error.h"

namespace tessera::host {

MappedFile::MappedFile(const std::string& path) : path_(path) {
    // O_NONBLOCK: opening a FIFO by mistake is an error message, not a hang.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) throw system_error(path, "cannot open for reading", errno);
    struct stat status {};
    const int unknown = ::fstat(descriptor, &status) == 0 ? 0 : errno;
    if (unknown != 0 || !S_ISREG(status.st_mode)) {
        ::close(descriptor);
        if (unknown != 0 || S_ISDIR(status.st_mode))
            throw system_error(path, "cannot open for reading", unknown != 0 ? unknown : EISDIR);
        throw UserError(path + ": is a device or a pipe; allowed: a regular file");
    }
    bytes_ = static_cast<uint64_t>(status.st_size);
    void* address = nullptr;
    if (bytes_ != 0) address = ::mmap(nullptr, bytes_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    const int error_number = errno;
    ::close(descriptor);
    if (address == MAP_FAILED) throw system_error(path, "cannot map", error_number);
    data_ = static_cast<const uint8_t*>(address);
}

MappedFile::~MappedFile() {
    if (data_ != nullptr) ::munmap(const_cast<uint8_t*>(data_), bytes_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept { *this = std::move(other); }

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
}

}  // namespace tessera::host
