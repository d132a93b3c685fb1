# SPDX-License-Identifier: Apache-2.0
# Runs ported programs natively and in a cage on equal input and compares all they leave behind.
# Sourced by the tests, which get the build folder as their argument.
set -euo pipefail
export LC_ALL=C

build=${1:?the build folder}
source_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/native" "$work/cage"
step=0

debian_source() { "$source_root/scripts/fetch-source" "$1"; }

# input NAME: standard input becomes a file that both sides see.
input() {
  cat >"$work/native/$1"
  # gzip writes the time of its input into the output.
  cp -p "$work/native/$1" "$work/cage/$1"
}

# both PROGRAM ARGS... runs it on either side, in a folder of its own, with the file $stdin of that
# folder (if set) as standard input. Output, messages and exit status stay there as files. The status
# is $expected_status, or what it may be natively if that is "any".
both() {
  step=$((step + 1))
  local log status
  log=$(printf 'step%03d' $step)
  status=0
  (cd "$work/native" && env -i PATH="$build/native/bin" HOME=/ "$@") \
    <"${stdin:+$work/native/}${stdin:-/dev/null}" \
    >"$work/native/$log.out" 2>"$work/native/$log.err" || status=$?
  echo $status >"$work/native/$log.status"
  status=0
  "$build/bin/rawposix" run --bind "$work/cage:/work" --cwd /work "$@" \
    <"${stdin:+$work/cage/}${stdin:-/dev/null}" \
    >"$work/cage/$log.out" 2>"$work/cage/$log.err" || status=$?
  echo $status >"$work/cage/$log.status"
  local side
  for side in native cage; do
    [[ ${expected_status:-0} != any ]] || break
    if [[ $(<"$work/$side/$log.status") != "${expected_status:-0}" ]]; then
      echo "$side: $*: exit status $(<"$work/$side/$log.status"), expected ${expected_status:-0}"
      head -c 2000 "$work/$side/$log.err"
      exit 1
    fi
  done
}

# without PATTERN: drops what differs from run to run from the last run's output.
without() { sed -i -E "s/$1//" "$work"/*/"$(printf 'step%03d.out' $step)"; }

# Both sides' files, outputs and exit statuses are the same, byte for byte.
compare() {
  diff -r --no-dereference "$work/native" "$work/cage" || {
    echo 'native (<) and cage (>) differ'
    exit 1
  }
  ((step > 0))
  echo "$step runs, equal results"
}

# equal FILE FILE, on the native side: what is right doesn't only agree.
equal() { cmp "$work/native/$1" "$work/native/$2"; }
