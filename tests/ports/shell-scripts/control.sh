# Control, redirection, reading and builtins, without a second process.
for n in 1 2 3 4 5; do
  [ $n = 2 ] && continue
  [ $n = 5 ] && break
  echo "n=$n"
done >list
while read -r line; do echo "read $line"; done <list
until ! read -r a b; do echo "$a|$b"; done <<'TEXT'
first of many
  second  line\
third
TEXT
cat_file() { while IFS= read -r line || [ -n "$line" ]; do printf '%s\n' "$line"; done <"$1"; }
printf 'one\ntwo' >half
cat_file half
echo to stderr >&2
{ echo grouped; echo more; } >group 2>&1
cat_file group
exec 3<list 4>copy
read -r line <&3
echo "fd 3: $line" >&4
exec 3<&- 4>&-
cat_file copy
f() { return 3; }
f || echo "status $?"
if ! f; then echo negated; fi
echo a && false || echo b
readonly fixed=1
export VISIBLE=yes
alias hello='echo aliased'
type cd
cd /
pwd
cd - >/dev/null
umask 027
umask
umask -S
set -f
echo *
set +f
: >zzz.a
: >zzz.b
echo zzz.* zzz.[!a]
getopts_test() {
  while getopts ab:c option "$@"; do echo "$option ${OPTARG-none} $OPTIND"; done
}
getopts_test -a -b value -cx rest
trap 'echo leaving' EXIT
command -v echo
hash
ulimit -n >/dev/null && echo limited
exit 5
