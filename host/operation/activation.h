// SPDX-License-Identifier: MIT
// Activations by name, exact, and how far the processor's may be from that.
#pragma once
#include <vector>

#include "firmware/elementwise/activation.h"
#include "host/reference/exact_element.h"

namespace tessera::host {

/// A row of the table of activations.
struct ActivationInfo {
    const char* name;  ///< "gelu-erf"
    fw::Activation activation;
    const char* formula;
    double (*exact)(double a);
    double (*argument)(double a);  ///< what its exponential is of; nullptr: it has none
    double slope;                  ///< the steepest
};
const std::vector<ActivationInfo>& activations();
const ActivationInfo& info_of(fw::Activation activation);

/// f(a).
ExactElement exact_activation(fw::Activation activation, const ExactElement& a);

}  // namespace tessera::host
