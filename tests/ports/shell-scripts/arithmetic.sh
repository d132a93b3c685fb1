# Arithmetic and expansion, of every POSIX shell.
i=0
total=0
while [ $i -lt 1000 ]; do
  total=$(( (total * 31 + i) % 1000003 ))
  i=$((i + 1))
done
echo "$total"
echo $((1 + 2 * 3)) $((7 / 2)) $((-7 % 3)) $((1 << 20)) $((0x1f & 017)) $((5 > 3 ? 10 : 20)) $((!0)) $((~5))
word=abcabcabc
echo "${word#*b}" "${word##*b}" "${word%b*}" "${word%%b*}" "${#word}"
unset nothing
echo "${nothing:-default}" "${nothing-}" "${word:+set}" "${nothing:=assigned}" "$nothing"
set -- one 'two words' '' four
echo $# "$*" "$@"
for argument; do printf '<%s>' "$argument"; done
echo
shift 2
IFS=:
echo "$*"
set -- $(:) a:b c
echo $#
unset IFS
case foobar in f*r) echo matched ;; *) echo not ;; esac
case '[x]' in '[x]') echo literal ;; esac
fibonacci() {
  if [ "$1" -lt 2 ]; then result=$1; return; fi
  set -- "$1" 0
  a=0 b=1 n=1
  while [ "$n" -lt "$1" ]; do t=$((a + b)) a=$b b=$t n=$((n + 1)); done
  result=$b
}
fibonacci 50
echo "$result"
eval 'x=1; y=$((x+1))'; echo $x $y
