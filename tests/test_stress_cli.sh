#!/bin/bash
# SPDX-License-Identifier: MIT
#
# `shootdown stress` from outside: options, exit codes, what is written where,
# signals and full disks, and the way from a finding to a case that replays.
# Runs are bounded by operations. Wants SHOOTDOWN_BIN.
set -u

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli_lib.sh
. "$here/cli_lib.sh"
schema=$here/junit.xsd
# TSan's older run-times want a fixed address space; what it reports itself is not the matter here.
run=()
! setarch -R true 2>/dev/null || run=(setarch -R)
bug="range-end-is-too-late"

# want CODE ARGS...: runs shootdown stress; what it said is in out and err.
want()
{
	local code=$1
	shift
	timeout 300 "${run[@]}" "$bin" stress "$@" >out 2>err </dev/null
	local got=$?
	[ $got -eq "$code" ] || fail "stress $*: exit $got, expected $code: $(head -c 300 err)"
}

# refused PATTERN ARGS...: exit 2 and one line on stderr, matching.
refused()
{
	local pattern=$1
	shift
	want 2 "$@"
	complains "$pattern"
}

# is FILTER VALUE: of the one object in out.
is()
{
	local got

	got=$(jq -r "$1" out)
	[ "$got" = "$2" ] || fail "$1 is $got, expected $2"
}

# junit FILE FAILURES
junit()
{
	[ -s "$1" ] || fail "no $1"
	grep -q "tests=\"1\" failures=\"$2\" errors=\"0\"" "$1" || fail "$1: not $2 failures"
	[ "$(grep -c '<testcase ' "$1")" -eq 1 ] || fail "$1: expected one testcase"
	xmllint --noout --schema "$schema" "$1" 2>xmllint || fail "$1: $(head -c 300 xmllint)"
}

# caught PID: has it installed its handlers, of SIGINT and of SIGTERM? Not the shell's, which it has until it is $bin.
caught()
{
	local mask

	while mask=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) && [ -n "$mask" ]; do
		[ "/proc/$1/exe" -ef "$bin" ] || continue
		[ $((0x${mask: -4} & 0x4002)) -ne $((0x4002)) ] || return 0
	done
	fail "process $1 ended early"
	return 1
}

echo "-- options"
want 0 --help
for word in --threads --devices --seconds --ops --seed --round --hw --bug --delays --oracle --hostile --out --junit \
	--json --attempts --rebuild --focus; do
	says "$word"
done
refused 'unknown or ambiguous option --nonsense' --nonsense
refused 'expected no file' file.sd
refused '--threads 0: expected' --threads 0
refused '--threads 5: expected at most 4' --threads 5
refused '--devices 9: expected at most 4' --devices 9
refused '--seconds 0: expected' --seconds 0
refused '--ops -1: expected' --ops -1
refused '--seed x: expected' --seed x
refused '--oracle maybe: expected on or off' --oracle maybe
refused 'no hardware profile "vax"' --hw vax
refused 'no planted bug "none"' --bug none
refused '--attempts many: expected' --attempts many
for focus in nobody 'dev1,' dev1,mm0 dev1,mm9,3 dev1,mm0,x dev1,mm0,3z dev1,space0,3 iommu0; do
	refused "--focus $focus: expected" --focus "$focus"
done
refused 'missing.sd:' --rebuild missing.sd
refused 'expected at least 1' --rebuild missing.sd --attempts 0
echo "no case" >bad.sd
refused 'bad.sd:1:' --rebuild bad.sd

echo "-- a clean run"
want 0 --ops 3000 --threads 2 --devices 1 --seed 7 --json --junit clean.xml
for key in threads seconds ops dma invalidations violations case lane seed rounds verdict; do
	is "has(\"$key\")" true
done
is .verdict clean
is .violations 0
is .case null
is .threads 2
is '.ops >= 3000' true
is '.dma > 0 and .dma < .ops' true
junit clean.xml 0
want 0 --ops 3000
says '^clean: [0-9]+ rounds, [0-9]+ operations, [0-9]+ DMAs, [0-9]+ invalidations in '
want 0 --ops 3000 --hostile --devices 0 --threads 1
want 0 --ops 1 --round 5 --json
is .rounds 1
[ "$(find . -name '*.sd' ! -name bad.sd)" = "" ] || fail "a clean run left a case"

echo "-- a finding becomes a case"
want 1 --bug $bug --hw vtd --ops 2000000 --out found --junit found.xml
says '^violation: |^report: '
says '  signature  '
says '  run        round [0-9]+ of seed 1, vtd, 4 threads, 3 devices, delays on, oracle on, lane '
says "  again      shootdown stress --threads 4 --devices 3 --seed 1 --round [0-9]+ --hw vtd --bug $bug"
says '  rebuilt    [0-9]+ of 64 attempts reproduced'
says '  replay     shootdown replay found/.*\.sd'
rows=$(sed -n '/^F fill/,/^  rebuilt/p' out | wc -l)
[ "$rows" -gt 5 ] && [ "$rows" -le 95 ] || fail "a timeline of $rows lines"
case=$(sed -n 's/^  replay     shootdown replay //p' out)
[ -s "$case" ] || fail "no $case"
for ((i = 0; i < 20; i++)); do
	TSAN_OPTIONS=report_bugs=0 "${run[@]}" "$bin" replay "$case" >replay 2>&1 ||
		fail "replay $i of $case: $(head -c 300 replay)"
done
TSAN_OPTIONS=report_bugs=0 "${run[@]}" "$bin" replay --without-bug "$case" >replay 2>&1
says ': clean' replay
junit found.xml 1
says "shootdown replay $case" found.xml
says '<failure type="' found.xml
[ "$(find found -name '*.txt' | wc -l)" -eq 1 ] || fail "no report beside the case"
[ "$(find found -name '*.tmp' -o -name '*.ops.sd' | wc -l)" -eq 0 ] || fail "left behind: $(ls found)"
again=$(sed -n 's/^  again      shootdown stress //p' out)
read -ra again <<<"$again"
want 1 "${again[@]}" --ops 2000000 --attempts 0 --json
is .violations 1
is '.round | type' number

echo "-- what is not rebuilt is kept"
want 1 --bug $bug --hw vtd --ops 2000000 --out kept --attempts 0
says '  rebuilt    no: not asked for'
for ending in ops.sd log txt; do
	[ "$(find kept -name "*.$ending" -size +0 | wc -l)" -eq 1 ] || fail "no .$ending"
done
"${run[@]}" "$bin" convert "$(find kept -name '*.ops.sd')" -o /dev/null || fail "the last operations are no case"
grep -Evq '^[0-9]+ [a-z0-9-]+ [a-z-]+( [^ ]+=-?[0-9]+)*$' "$(find kept -name '*.log')" && fail "the log has other lines"
try=$(sed -n 's/^  try        shootdown stress //p' out)
[ -n "$try" ] || fail "no word how to try again"
read -ra try <<<"${try/--attempts 1000/--attempts 64}"
want 0 "${try[@]}" --out kept --json
is .rebuilt true
is '.reproduced > 0 and .reproduced <= .attempts' true
[ -s "$(jq -r .case out)" ] || fail "no case after --rebuild"
sed -i '/^bug /d' kept/*.ops.sd
want 1 --rebuild "$(find kept -name '*.ops.sd')" --attempts 4 --json
is .rebuilt false
is .case null
mkdir empty
(cd empty && "${run[@]}" "$bin" stress --bug $bug --hw vtd --ops 2000000 --attempts 0 >/dev/null 2>&1)
[ "$(ls empty)" = "" ] || fail "kept without being asked: $(ls empty)"

echo "-- nowhere to write"
echo >file
refused 'file: cannot write' --out file --seconds 100000
refused 'nowhere/dir: cannot write' --out nowhere/dir --seconds 100000
refused 'nowhere/j.xml: cannot write' --junit nowhere/j.xml --seconds 100000
want 2 --ops 1000 --junit /dev/full
says '/dev/full: cannot write: No space left' err
timeout 60 "${run[@]}" "$bin" stress --ops 1000 --json >/dev/full 2>err
[ $? -eq 2 ] || fail "a full stdout is taken for success"

echo "-- interrupted while it rebuilds"
# A million attempts: only the signal ends them. It is sent to the parent alone, as `kill` does.
for signal in INT TERM; do
	rm -rf cut cut.xml
	"${run[@]}" "$bin" stress --bug $bug --hw vtd --ops 2000000 --attempts 1000000 --out cut --junit cut.xml \
		>out 2>err </dev/null &
	pid=$!
	# a sanitizer has children as well
	while [ -d /proc/$pid ] && ! child=$(pgrep -P $pid -f -- --rebuild); do sleep 0.1; done
	caught "$child"
	kill -$signal $pid
	wait $pid
	code=$?
	[ $code -eq 1 ] || fail "SIG$signal during the rebuild: exit $code, expected 1: $(head -c 300 err)"
	says '  rebuilt    ([0-9]+ of [0-9]+ attempts|no: interrupted)'
	says '  report     cut/'
	junit cut.xml 1
	[ ! -d "/proc/$child" ] || fail "SIG$signal left the process that rebuilds"
done

echo "-- signals"
for signal in INT TERM; do
	"${run[@]}" "$bin" stress --seconds 100000 --junit signal.xml >out 2>err </dev/null &
	pid=$!
	if caught $pid; then
		kill -$signal $pid
		wait $pid
		code=$?
		[ $code -eq 0 ] || fail "SIG$signal: exit $code, expected 0: $(head -c 300 err)"
		says '^clean: '
		junit signal.xml 0
	fi
done
# Killed, it leaves no JUnit file, not that of the run before either.
"${run[@]}" "$bin" stress --seconds 100000 --junit signal.xml >out 2>err </dev/null &
pid=$!
caught $pid && kill -9 $pid
wait $pid 2>/dev/null
[ "$(find . -name 'signal.xml*')" = "" ] || fail "kill -9 left $(find . -name 'signal.xml*')"

[ $failed -eq 0 ] && echo "stress as documented"
exit $failed
