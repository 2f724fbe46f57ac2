// SPDX-License-Identifier: MIT
// Values as bytes and back, from one process to another of the same program. Both sides have the
// same functions, so that one walk over the fields of a struct serves both.
#pragma once
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace tessera::host {

class Packer {
  public:
    template <typename T>
    void value(const T& x) {
        static_assert(std::is_trivially_copyable_v<T>);
        append(&x, sizeof x);
    }
    void text(const std::string& x) {
        length(x);
        append(x.data(), x.size());
    }
    template <typename T>
    void list(const std::vector<T>& x) {
        static_assert(std::is_trivially_copyable_v<T>);
        length(x);
        append(x.data(), x.size() * sizeof(T));
    }
    /// Of a list or a text; whoever unpacks it gets one of that length.
    template <typename List>
    void length(const List& x) {
        value(x.size());
    }

    std::vector<uint8_t> bytes;

  private:
    void append(const void* data, size_t n) {
        if (n == 0) return;
        const size_t at = bytes.size();
        bytes.resize(at + n);
        std::memcpy(bytes.data() + at, data, n);
    }
};

/// std::runtime_error where there are not enough bytes.
class Unpacker {
  public:
    /// `bytes` must outlive it.
    explicit Unpacker(const std::vector<uint8_t>& bytes) : bytes_(bytes) {}

    template <typename T>
    void value(T& x) {
        static_assert(std::is_trivially_copyable_v<T>);
        take(&x, sizeof x);
    }
    void text(std::string& x) {
        length(x);
        take(x.data(), x.size());
    }
    template <typename T>
    void list(std::vector<T>& x) {
        static_assert(std::is_trivially_copyable_v<T>);
        length(x);
        take(x.data(), x.size() * sizeof(T));
    }
    template <typename List>
    void length(List& x) {
        size_t n = 0;
        value(n);
        x.resize(n);
    }

  private:
    void take(void* to, size_t n) {
        if (n == 0) return;
        if (n > bytes_.size() - at_) throw std::runtime_error("short answer of a child process");
        std::memcpy(to, bytes_.data() + at_, n);
        at_ += n;
    }

    const std::vector<uint8_t>& bytes_;
    size_t at_ = 0;
};

}  // namespace tessera::host
