// SPDX-License-Identifier: Apache-2.0
#include "fs/device_control.h"

#include <linux/fs.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>

#include "abi/termios.h"

namespace rawposix::fs {
namespace {

using enum DeviceArgument;
constexpr uint8_t kTermiosSize = sizeof(abi::Termios);
constexpr uint8_t kTermios2Size = sizeof(abi::Termios2);

constexpr std::array kRequests = {
    DeviceRequest{TCGETS, kTermiosSize, kOut},
    DeviceRequest{TCSETS, kTermiosSize, kIn},
    DeviceRequest{TCSETSW, kTermiosSize, kIn},
    DeviceRequest{TCSETSF, kTermiosSize, kIn},
    DeviceRequest{abi::kTcgets2, kTermios2Size, kOut},
    DeviceRequest{abi::kTcsets2, kTermios2Size, kIn},
    DeviceRequest{abi::kTcsetsw2, kTermios2Size, kIn},
    DeviceRequest{abi::kTcsetsf2, kTermios2Size, kIn},
    DeviceRequest{TCSBRK, 8, kNumber},
    DeviceRequest{TCSBRKP, 8, kNumber},
    DeviceRequest{TCXONC, 8, kNumber},
    DeviceRequest{TCFLSH, 8, kNumber},
    DeviceRequest{TIOCGWINSZ, sizeof(winsize), kOut},
    DeviceRequest{TIOCSWINSZ, sizeof(winsize), kIn},
    DeviceRequest{TIOCOUTQ, sizeof(int), kOut},
    DeviceRequest{FIONREAD, sizeof(int), kOut},
    DeviceRequest{FIGETBSZ, sizeof(int), kOut},
};

}  // namespace

const DeviceRequest* find_device_request(uint32_t request) {
  const auto* found = std::find_if(kRequests.begin(), kRequests.end(),
                                   [&](const DeviceRequest& r) { return r.request == request; });
  return found != kRequests.end() ? found : nullptr;
}

}  // namespace rawposix::fs
