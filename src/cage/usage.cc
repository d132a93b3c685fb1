// SPDX-License-Identifier: Apache-2.0
#include "cage/usage.h"

#include <sys/resource.h>

namespace rawposix::cage {
namespace {

int64_t to_ns(const timeval& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + int64_t{time.tv_usec} * 1000;
}

timeval to_timeval(int64_t time_ns) {
  return {time_ns / 1'000'000'000, time_ns % 1'000'000'000 / 1000};
}

}  // namespace

Usage Usage::of_thread() {
  rusage host{};
  getrusage(RUSAGE_THREAD, &host);
  return {.user_ns = to_ns(host.ru_utime),
          .system_ns = to_ns(host.ru_stime),
          .minor_faults = host.ru_minflt,
          .major_faults = host.ru_majflt,
          .blocks_in = host.ru_inblock,
          .blocks_out = host.ru_oublock,
          .voluntary_switches = host.ru_nvcsw,
          .involuntary_switches = host.ru_nivcsw};
}

Usage& Usage::operator+=(const Usage& other) {
  user_ns += other.user_ns;
  system_ns += other.system_ns;
  minor_faults += other.minor_faults;
  major_faults += other.major_faults;
  blocks_in += other.blocks_in;
  blocks_out += other.blocks_out;
  voluntary_switches += other.voluntary_switches;
  involuntary_switches += other.involuntary_switches;
  most_resident_kib = std::max(most_resident_kib, other.most_resident_kib);
  return *this;
}

Usage Usage::operator-(const Usage& before) const {
  return {.user_ns = user_ns - before.user_ns,
          .system_ns = system_ns - before.system_ns,
          .minor_faults = minor_faults - before.minor_faults,
          .major_faults = major_faults - before.major_faults,
          .blocks_in = blocks_in - before.blocks_in,
          .blocks_out = blocks_out - before.blocks_out,
          .voluntary_switches = voluntary_switches - before.voluntary_switches,
          .involuntary_switches = involuntary_switches - before.involuntary_switches,
          .most_resident_kib = most_resident_kib};
}

abi::Rusage Usage::to_rusage() const {
  abi::Rusage usage{};
  usage.user_time = to_timeval(user_ns);
  usage.system_time = to_timeval(system_ns);
  usage.most_resident_kib = most_resident_kib;
  usage.minor_faults = minor_faults;
  usage.major_faults = major_faults;
  usage.blocks_in = blocks_in;
  usage.blocks_out = blocks_out;
  usage.voluntary_switches = voluntary_switches;
  usage.involuntary_switches = involuntary_switches;
  return usage;
}

}  // namespace rawposix::cage
