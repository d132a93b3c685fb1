# SPDX-License-Identifier: Apache-2.0
# What compressors are fed with: sourced after lib.sh.

make_inputs() {
  find "$(debian_source musl)/src" -name '*.c' | sort | xargs cat | input text
  input program <"$build/native/bin/sqlite3"
  head -c 300000 /dev/urandom | input random
  head -c 3000000 /dev/zero | input zeros
  printf 'x' | input byte
  : | input empty
}
inputs='text program random zeros byte empty'
