// SPDX-License-Identifier: Apache-2.0
#include "loader/image_cache.h"

#include <linux/magic.h>

#include <algorithm>
#include <utility>

#include "host/clock.h"
#include "host/file.h"

namespace rawposix::loader {
namespace {

// Far above the coarsest tick of file times.
constexpr int64_t kSettled_ns = 2 * host::kNanosecondsPerSecond;
constexpr int64_t kXfsMagic = 0x58465342;  // not in linux/magic.h

bool keeps_change_times(int64_t file_system_type) {
  switch (file_system_type) {
    case EXT4_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case TMPFS_MAGIC:
    case OVERLAYFS_SUPER_MAGIC:
    case kXfsMagic:
      return true;
    default:  // network and user-space file systems answer what their servers like
      return false;
  }
}

}  // namespace

ImageCache::FileKey ImageCache::key_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, static_cast<uint64_t>(status.st_size),
          host::nanoseconds(status.st_mtim), host::nanoseconds(status.st_ctim)};
}

bool ImageCache::proves_content(int fd, const struct stat& status) {
  const timespec now = host::now(CLOCK_REALTIME).value_or({});
  if (host::nanoseconds(now) - host::nanoseconds(status.st_ctim) < kSettled_ns) return false;
  auto file_system = host::file_system(fd);
  if (!file_system.ok() || !keeps_change_times(file_system.value().f_type)) return false;
  auto after = host::status(fd);
  return after.ok() && key_of(after.value()) == key_of(status);
}

LoadResult<std::shared_ptr<const Image>> ImageCache::load(int fd, const std::string& name) {
  auto status = host::status(fd);
  if (!status.ok()) return LoadError(LoadFault::kUnreadable, {}, status.error());
  if (!S_ISREG(status.value().st_mode)) {
    return LoadError(LoadFault::kUnreadable, "not a regular file", Errno(EACCES));
  }
  FileKey key = key_of(status.value());
  if (auto image = find(key); image != nullptr) return image;

  HostFileSource source(fd, key.size);
  auto image =
      TRY(Image::load(source, name, [this](const Image& read) { return find_same(read); }));
  std::optional<FileKey> proof;
  if (proves_content(fd, status.value())) proof = key;
  remember(proof, image);
  return image;
}

std::shared_ptr<const Image> ImageCache::find(const FileKey& key) {
  MutexLock lock(mutex_);
  for (Entry& entry : entries_) {
    if (entry.key != key) continue;
    entry.last_use = ++clock_;
    ++statistics_.quick_hits;
    return entry.image;
  }
  return nullptr;
}

std::shared_ptr<const Image> ImageCache::find_same(const Image& image) {
  std::vector<std::shared_ptr<const Image>> candidates;
  {
    MutexLock lock(mutex_);
    for (const Entry& entry : entries_) {
      if (entry.image->size_bytes() == image.size_bytes()) candidates.push_back(entry.image);
    }
  }
  // Comparing takes its time and needs no lock: images don't change.
  auto same = std::find_if(candidates.begin(), candidates.end(),
                           [&](const auto& other) { return other->same_content(image); });
  MutexLock lock(mutex_);
  if (same == candidates.end()) {
    ++statistics_.misses;
    return nullptr;
  }
  ++statistics_.content_hits;
  return *same;
}

void ImageCache::remember(const std::optional<FileKey>& key,
                          const std::shared_ptr<const Image>& image) {
  MutexLock lock(mutex_);
  for (Entry& entry : entries_) {
    if (entry.image != image) continue;
    if (key.has_value()) entry.key = key;
    entry.last_use = ++clock_;
    return;
  }
  entries_.push_back({key, image, ++clock_});
  bytes_ += image->size_bytes();
  trim();
}

void ImageCache::trim() {
  while (entries_.size() > 1 &&
         (entries_.size() > options_.max_images || bytes_ > options_.max_bytes)) {
    auto oldest =
        std::min_element(entries_.begin(), entries_.end(),
                         [](const Entry& a, const Entry& b) { return a.last_use < b.last_use; });
    bytes_ -= oldest->image->size_bytes();
    entries_.erase(oldest);
  }
}

ImageCache::Statistics ImageCache::statistics() const {
  MutexLock lock(mutex_);
  return statistics_;
}

}  // namespace rawposix::loader
