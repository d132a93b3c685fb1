# Pipelines, substitution and background work over real text (file "text").
tr -cs A-Za-z '\n' <text | tr A-Z a-z | sort | uniq -c | sort -k1,1rn -k2 | head -n 25
grep -o '[a-z_]*(' text | sort -u | wc -l
lines=$(wc -l <text)
echo "$((lines + 0)) lines, $(grep -c '^#include' text) includes"
cat text text text | sed -n '$='
n=0
for word in $(grep -o '^[a-z][a-z_]*' text | sort -u | head -n 40); do n=$((n + 1)); done
echo "$n words"
(cd / && pwd; exit 7)
echo "subshell: $?"
false | true
echo "pipeline: $?"
echo one | { read -r x; echo "$x two"; } | cat -n
{ echo err >&2; echo out; } 2>&1 >/dev/null | tr a-z A-Z
cat <<TEXT | sort -r
b $(echo substituted)
a `echo backquoted`
c $((2 * 21))
TEXT
sleep 0.2 & pid=$!
wait $pid
echo "waited: $?"
(exit 3) & (exit 4) & wait %1
for i in 1 2 3 4 5 6 7 8; do (echo "job $i" >"job.$i"; exit $i) & done
wait
cat job.*
yes | head -n 3
seq 100000 | tail -n 1
seq 20 | xargs -n 6 echo
find . -name 'job.*' -exec basename {} \; | sort
find . -name 'job.*' | sort | xargs rm
printf '%s\n' 3 1 2 | sort | while read -r v; do printf '<%s>' "$v"; done
echo
head -c 100000 text | gzip | gzip -d | cksum
head -c 300000 text | md5sum
expr 6 '*' 7
env A=1 sh -c 'echo "$A $0 $#"' name x y
sh -c 'kill -TERM $$'
echo "killed: $?"
sh -c 'trap "echo caught; exit 9" USR1; kill -USR1 $$; echo not here'
echo "trapped: $?"
timeout 0.2 sleep 10
echo "timeout: $?"
exec 3>&1
echo through | { cat >&3; }
awk 'BEGIN { while (("echo a; echo b" | getline line) > 0) print "got " line; print "sorted" | "sort"; close("sort"); system("echo system") }'
mkfifo pipe
cat pipe & echo written >pipe
wait
rm pipe
i=0
while [ $i -lt 100 ]; do /bin/true; i=$((i + 1)); done
echo "$i"
