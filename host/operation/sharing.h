// SPDX-License-Identifier: MIT
// Which device begins with which sequence of a ragged batch.
#pragma once
#include "host/operation/layout.h"
#include "spec/params.h"

namespace tessera::host {

/// Sets `first_device` of every sequence, so that all devices have about as much to do: a
/// sequence's query tiles are dealt from there on (fw::AttentionJob::share), and where they do not
/// go round it matters who is first. Longest sequence first, each to where it makes the least of
/// the most that a device has so far.
void deal_sequences(Layout& layout, const spec::DeviceParams& params);

}  // namespace tessera::host
