# SPDX-License-Identifier: Apache-2.0
# Shared by the project's scripts (bash). Sourced, never run.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C

RAWPOSIX_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# What can be made again but takes long: fetched sources, sysroots, built ports.
RAWPOSIX_CACHE=${RAWPOSIX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rawposix}
RAWPOSIX_JOBS=${RAWPOSIX_JOBS:-$(nproc)}
export RAWPOSIX_CACHE RAWPOSIX_JOBS

say() { printf '%s\n' "$*" >&2; }

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# step TITLE COMMAND ARGS... shows one line, keeps the command's output in a log and shows
# its end only when the command fails. The line comes as a whole where STEPS_AT_ONCE is set, for
# several at a time.
step() {
  local title log start=$SECONDS status=0
  title=$(printf '  %-58s' "$1")
  shift
  mkdir -p "$RAWPOSIX_CACHE/log"
  log=$(mktemp "$RAWPOSIX_CACHE/log/step.XXXXXX")
  if [[ -z ${STEPS_AT_ONCE:-} ]]; then
    printf %s "$title" >&2
    title=
  fi
  # A child of its own: `set -e` doesn't reach into functions called in a condition.
  set +e
  (set -e; "$@") >"$log" 2>&1 </dev/null
  status=$?
  set -e
  if ((status)); then
    printf '%s failed\n' "$title" >&2
    tail -n 30 "$log" | cut -c 1-300 >&2
    say "(all of it: $log)"
    exit "$status"
  fi
  rm -f "$log"
  printf '%s %4d s\n' "$title" $((SECONDS - start)) >&2
}

# A digest of the names and contents of the files and folders given.
digest() {
  local path
  for path; do
    if [[ -d $path ]]; then
      (cd "$path" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
    else
      sha256sum <"$path"
    fi
  done | sha256sum | cut -c1-24
}

# in_cache DIRECTORY COMMAND ARGS... runs COMMAND with a fresh directory as its last argument and
# moves that to DIRECTORY in one step, so a cache entry is whole or absent. Processes that want the
# same entry wait for each other.
in_cache() {
  local final=$1 fresh
  shift
  if [[ -e $final ]]; then
    touch -c "$final"
    return
  fi
  mkdir -p "$(dirname "$final")"
  (
    flock 9
    [[ ! -e $final ]] || exit 0
    fresh=$(mktemp -d "$final.XXXXXX")
    chmod 755 "$fresh"
    trap 'rm -rf "$fresh"' EXIT
    trap 'exit 130' INT TERM
    "$@" "$fresh"
    [[ $? == 0 ]] || exit 1  # where the caller's context switched `set -e` off
    mv -T "$fresh" "$final"
  ) 9>"$final.lock"
}

# prune PATTERN-DIRECTORY drops cache entries of that folder that nobody used for two weeks.
prune() {
  [[ -d $1 ]] || return 0
  find "$1" -mindepth 1 -maxdepth 1 -mtime +14 -exec rm -rf {} +
}
