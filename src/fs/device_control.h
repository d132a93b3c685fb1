// SPDX-License-Identifier: Apache-2.0
// The ioctl(2) requests that reach a file. An allow-list: every other request is ENOTTY, so that no
// unknown argument is ever passed on (TIOCSTI, for one, would type into the user's shell).
#pragma once

#include <cstddef>
#include <cstdint>

namespace rawposix::fs {

enum class DeviceArgument : uint8_t { kNone, kNumber, kIn, kOut };

struct DeviceRequest {
  uint32_t request;
  uint8_t size;  // of the argument, in bytes; 8 for numbers
  DeviceArgument direction;
};

inline constexpr size_t kDeviceArgumentMost = 64;

const DeviceRequest* find_device_request(uint32_t request);

}  // namespace rawposix::fs
