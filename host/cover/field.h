// SPDX-License-Identifier: MIT
// The finite field GF(q), q = p^k: polynomials over GF(p) modulo a primitive one. An element is a
// number below q whose digits in base p are the coefficients.
#pragma once
#include <cstdint>
#include <vector>

namespace tessera::host {

/// p if q is a power of the prime p (p itself included), else 0.
uint32_t prime_of_power(uint32_t q);

class Field {
  public:
    /// std::logic_error unless q is a prime power.
    explicit Field(uint32_t q);

    uint32_t size() const { return q_; }
    uint32_t add(uint32_t a, uint32_t b) const;
    uint32_t multiply(uint32_t a, uint32_t b) const;
    /// g^n, g the generator of the multiplicative group (the class of x).
    uint32_t power(uint32_t n) const { return power_[n % (q_ - 1)]; }
    /// n < q - 1 with g^n = a; a must not be 0.
    uint32_t log(uint32_t a) const { return log_[a]; }

  private:
    bool primitive(uint32_t low);

    uint32_t q_, p_;
    std::vector<uint32_t> power_, log_;
};

}  // namespace tessera::host
