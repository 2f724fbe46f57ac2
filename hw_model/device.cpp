// SPDX-License-Identifier: MIT
#include "hw_model/device.h"

namespace tessera::hw {

Device::Device(const sc_core::sc_module_name& name, const spec::DeviceParams& params,
               uint32_t index, bool timing_only, uint64_t trace_commands)
    : DeviceBase(name),
      core_(params, timing_only, trace_commands),
      port_("port", core_, index),
      csr_("csr", core_),
      front_end_("front_end", core_),
      dispatch_("dispatch", core_),
      load_("load_engine", core_),
      score_("score_stage", core_),
      value_("value_stage", core_),
      store_("store_engine", core_) {
    core_.csr = &csr_;
    core_.front_end = &front_end_;
    core_.dispatch = &dispatch_;
    core_.load = &load_;
    core_.score = &score_;
    core_.value = &value_;
    core_.store = &store_;
    core_.port = &port_;
}

}  // namespace tessera::hw
