# What bash has beyond POSIX, without a second process.
array=(zero one [5]=five "two words")
array+=(last)
echo "${array[@]}" "${#array[@]}" "${!array[@]}" "${array[-1]}" "${array[@]:1:2}"
declare -A map=([red]=1 [green]=2 [blue]=3)
for key in red green blue; do echo "$key ${map[$key]}"; done
unset 'map[red]'
echo "${#map[@]}"
s='Hello World'
echo "${s,,}" "${s^^}" "${s/o/0}" "${s//o/0}" "${s:6}" "${s: -5:3}" "${s/#Hello/Bye}" "${s@Q}"
[[ $s =~ ([A-Z])([a-z]+)\ (.*) ]] && echo "${BASH_REMATCH[@]}"
[[ abc == a* && ! abc < abb ]] && echo compared
printf -v text '%05d|%x|%s' 42 255 end
echo "$text"
printf '%(%Y-%m-%d)T\n' 86400
echo {a,b}{1..3} {10..1..3}
shopt -s extglob nullglob
case 2024-01-02 in +([0-9])-@(01|02)-*) echo extended ;; esac
echo none-*.such
mapfile -t lines <<<$'first\nsecond\nthird'
echo "${#lines[@]} ${lines[1]}"
read -r -a fields <<<'a  b c'
echo "${fields[2]}"
f() { local x=$1; ((x <= 1)) && { REPLY=1; return; }; f $((x - 1)); ((REPLY *= x)); }
f 20
echo "$REPLY"
declare -n reference=text
reference=changed
echo "$text"
declare -i number=3
number+=4
echo "$number" $((2 ** 40)) $((16#ff))
i=0
while ((i < 5000)); do ((i += 1)); done
echo $i
g() { echo "${FUNCNAME[0]} $LINENO"; }
g
select_nothing() { echo "$BASH_VERSINFO" end; }
select_nothing
let 'z = 5 * 5' && echo $z
type -t f; type -t echo; type -t if
declare -f g
echo "${array[*]@K}"
trap 'echo leaving' EXIT
