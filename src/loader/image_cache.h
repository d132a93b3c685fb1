// SPDX-License-Identifier: Apache-2.0
// Images that were loaded before. Reading and verifying a program costs far more than mapping it.
//
// What identifies an image is its content: two files with equal content share one, and a file is
// believed to be unchanged only where the host's attributes prove it. Device, inode, size, mtime
// and ctime together do, if (1) the file system is one of those that change ctime with each write
// and never let anybody set it, and (2) ctime was well in the past when the file was read, since it
// advances in ticks and a second write in the same tick would not show. Elsewhere the file is read
// again and compared, which still saves the verification. Stores through another process's shared
// mapping may be noticed late; they then run as the older, verified content.
//
// Thread-safe. Lock order: kImageCache; not held while files are read.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "loader/image.h"
#include "support/mutex.h"

namespace rawposix::loader {

class ImageCache {
 public:
  struct Options {
    size_t max_images = 64;
    uint64_t max_bytes = uint64_t{256} << 20;
  };
  struct Statistics {
    uint64_t quick_hits = 0;    // by the file's attributes
    uint64_t content_hits = 0;  // read and compared
    uint64_t misses = 0;        // verified
  };

  ImageCache() : ImageCache(Options{}) {}
  explicit ImageCache(const Options& options) : options_(options) {}

  // The program in an open file, which must be a regular one. `name` is for /proc/PID/maps; a
  // cached image keeps its first.
  LoadResult<std::shared_ptr<const Image>> load(int fd, const std::string& name) EXCLUDES(mutex_);

  Statistics statistics() const EXCLUDES(mutex_);

 private:
  struct FileKey {
    uint64_t device = 0, inode = 0, size = 0;
    int64_t mtime_ns = 0, ctime_ns = 0;
    friend bool operator==(const FileKey&, const FileKey&) = default;
  };
  struct Entry {
    std::optional<FileKey> key;
    std::shared_ptr<const Image> image;
    uint64_t last_use = 0;
  };

  static FileKey key_of(const struct stat& status);
  // Whether `status`, taken before reading, proves that later equal attributes mean equal content.
  static bool proves_content(int fd, const struct stat& status);
  std::shared_ptr<const Image> find(const FileKey& key) EXCLUDES(mutex_);
  // Remembers a file as having an image's content.
  void remember(const std::optional<FileKey>& key, const std::shared_ptr<const Image>& image)
      EXCLUDES(mutex_);
  std::shared_ptr<const Image> find_same(const Image& image) EXCLUDES(mutex_);
  void trim() REQUIRES(mutex_);

  const Options options_;
  mutable Mutex mutex_{LockRank::kImageCache};
  std::vector<Entry> entries_ GUARDED_BY(mutex_);
  uint64_t bytes_ GUARDED_BY(mutex_) = 0;
  uint64_t clock_ GUARDED_BY(mutex_) = 0;
  Statistics statistics_ GUARDED_BY(mutex_);
};

}  // namespace rawposix::loader
