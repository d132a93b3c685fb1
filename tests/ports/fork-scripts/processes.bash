# What bash adds: process substitution, coprocesses, job control, pipe status.
cat <(echo one) <(echo two)
diff <(seq 5) <(seq 2 6)
paste <(seq 3) <(seq 4 6) > >(cat >pasting; mv pasting pasted)
# `wait` may come back before that has ended.
until [[ -e pasted ]]; do sleep 0.01; done
cat pasted
false | true | (exit 3)
echo "${PIPESTATUS[@]}"
set -o pipefail
false | true
echo $?
coproc tr a-z A-Z
# Its end unsets the variable.
exec {answer}<&"${COPROC[0]}"
echo upper >&"${COPROC[1]}"
exec {COPROC[1]}>&-
read -r line <&"$answer"
echo "$line"
exec {answer}<&-
wait
jobs >/dev/null
shopt -s lastpipe
echo value | read -r x
echo "$x"
set -m
sleep 5 & sleep 6 &
jobs | sed 's/&$//'
kill %1 %2
wait
set +m
trap 'echo "child $?"' CHLD
(exit 2)
trap - CHLD
for i in {1..20}; do (exit $i) & pids[i]=$!; done
for i in 20 10 1; do wait "${pids[i]}"; echo $?; done
for i in {1..5}; do { echo "$i"; sleep "0.$((5 - i))"; } & done | sort -r
wait
jobs >/dev/null
(sleep 0.1; exit 6) & wait -n
echo "any: $?"
trap 'echo "int $BASH_SUBSHELL"' INT
kill -INT $$
( trap 'echo "term"; exit 1' TERM; kill -TERM $BASHPID; echo not here )
echo "term: $?"
trap - INT
trap 'echo "debug $BASH_COMMAND"' DEBUG
: traced
trap - DEBUG
trap 'echo "failed $?"' ERR
false
trap - ERR
wait
jobs >/dev/null
set -m
sleep 60 & pid=$!
kill -STOP %%
until [[ $(jobs -s) ]]; do sleep 0.01; done
jobs %% | sed 's/^\[.*\]. *//'
kill -CONT %%
kill %%
wait $pid
echo "stopped, ended: $?"
set +m
while read -r -t 5 a b; do echo "$b $a"; done < <(seq 6 | paste - -)
tee >(md5sum >sums.1) >(wc -c >sums.2) <text | tail -n 1
wait
until [[ -s sums.1 && -s sums.2 ]]; do sleep 0.01; done
cat sums.1 sums.2
mapfile -t names < <(sed -n 's/^[a-z].* \([a-z_]*\)(.*/\1/p' text | sort -u)
echo "${#names[@]} ${names[0]} ${names[-1]}"
ulimit -n 64
echo "$(ulimit -n)"
exec -a renamed sh -c 'echo $0'
