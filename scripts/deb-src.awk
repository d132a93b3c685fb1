# SPDX-License-Identifier: Apache-2.0
# Turns the entries of apt's *.list and *.sources files that belong to the Debian release `codename`
# and have component main into one-line deb-src entries.

function wanted_suite(suite) {
  return suite ~ ("^(" codename "|stable)(-updates|-security|-backports|/updates)?/?$")
}

function emit(options, uri, suite) {
  if (!wanted_suite(suite)) return
  print "deb-src" (options == "" ? "" : " [" options "]") " " uri " " suite " main"
}

function signer(name) { return name == "" || name ~ /debian-archive/ }

function end_stanza(   i, j, n, m, uris, suites, options) {
  if (types ~ /deb/ && tolower(enabled) != "no" && tolower(enabled) != "false" &&
      components ~ /(^|[ \t])main([ \t]|$)/ && signer(signed_by)) {
    options = signed_by == "" ? "" : "signed-by=" signed_by
    n = split(uri_field, uris, /[ \t]+/)
    m = split(suite_field, suites, /[ \t]+/)
    for (i = 1; i <= n; i++)
      for (j = 1; j <= m; j++)
        if (uris[i] != "" && suites[j] != "") emit(options, uris[i], suites[j])
  }
  types = uri_field = suite_field = components = signed_by = enabled = ""
}

function field_value(line) {
  sub(/^[^:]*:[ \t]*/, "", line)
  return line
}

FNR == 1 { end_stanza(); deb822 = FILENAME ~ /\.sources$/ }

deb822 && /^#/ { next }
deb822 && /^[ \t]*$/ { end_stanza(); next }
deb822 {
  # An embedded key (a Signed-By that goes on over several lines) isn't a file of the archive's keyring.
  if ($0 ~ /^[ \t]/) { if (last == "signed-by") signed_by = "embedded"; next }
  last = tolower($0)
  sub(/:.*/, "", last)
  if (last == "types") types = field_value($0)
  else if (last == "uris") uri_field = field_value($0)
  else if (last == "suites") suite_field = field_value($0)
  else if (last == "components") components = field_value($0)
  else if (last == "signed-by") signed_by = field_value($0)
  else if (last == "enabled") enabled = field_value($0)
  next
}

$1 == "deb" || $1 == "deb-src" {
  line = $0
  sub(/#.*/, "", line)
  sub(/^[ \t]*deb(-src)?[ \t]+/, "", line)
  key = ""
  if (match(line, /^\[[^]]*\][ \t]*/)) {
    options = substr(line, 1, RLENGTH)
    line = substr(line, RLENGTH + 1)
    if (match(options, /signed-by=[^] \t]+/)) key = substr(options, RSTART + 10, RLENGTH - 10)
  }
  n = split(line, word, /[ \t]+/)
  has_main = 0
  for (i = 3; i <= n; i++) if (word[i] == "main") has_main = 1
  if (has_main && signer(key)) emit(key == "" ? "" : "signed-by=" key, word[1], word[2])
}

END { end_stanza() }
