#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A stress lane, about half a minute: stress_lane.sh address|thread. The sanitizer
# alone finds bugs that are planted (and says nothing of them in a build that
# has none), what it found becomes a case, and the clean model is silent, on
# good days and on bad ones. Counts operations, not seconds. Wants SHOOTDOWN_BIN.
set -u

lane=${1:?}
# shellcheck source=tests/cli_lib.sh
. "$(cd "$(dirname "$0")" && pwd)/cli_lib.sh"
cases=0

case $lane in
address)
	by=AddressSanitizer
	bugs="secondary-range-collapsed-to-empty range-end-is-too-late last-put-page-before-secondary-flush
		btm-does-not-cover-atc"
	clean=800000
	attempts=32
	;;
thread)
	by=ThreadSanitizer
	bugs="secondary-range-collapsed-to-empty range-end-is-too-late skip-notify-on-downgrade
		smmu-queue-read-before-prod"
	clean=150000
	attempts=6 # fibers are slow under it
	;;
*)
	echo "stress_lane.sh: $lane: expected address or thread" >&2
	exit 2
	;;
esac

# field NAME: of the one object in out.json
field() {
	jq -r ".$1" out.json
}

# Seeds in turn: which of them meets the bug is the machine's doing.
for bug in $bugs; do
	for seed in 1 2 3; do
		"$bin" stress --bug "$bug" --oracle off --ops 500000 --seed $seed --attempts $attempts --out found \
			--json >out.json 2>err
		code=$?
		[ $code -eq 0 ] || break
	done
	if ! [ -s out.json ] || [ "$(field lane)" != "$lane" ]; then
		fail "$bug: expected the lane $lane: $(head -c 300 out.json err)"
		continue
	fi
	[ "$(field verdict)" = report ] || fail "$bug: $(field verdict), expected a report in $(field ops) operations"
	[ "$(field sanitizer)" = $by ] || fail "$bug: by $(field sanitizer), expected $by"
	grep -q "SUMMARY: $by" err || fail "$bug: $by's own words are missing"
	[ $code -eq 1 ] || fail "$bug: exit $code, expected 1"
	[ "$(field case)" = null ] || cases=$((cases + 1))
	echo "$bug: $(field what) after $(field ops) operations, $(field reproduced) of $(field attempts) rebuilt"
done
# The race of smmu-queue-read-before-prod is none for the controlled runtime.
[ $cases -ge 2 ] || fail "only $cases reports became a case"
for case in found/*.sd; do
	case $case in *.ops.sd) continue ;; esac
	TSAN_OPTIONS=report_bugs=0 "$bin" replay "$case" >/dev/null 2>err || fail "$case does not replay: $(head -c 300 err)"
done

# With the oracle, who is first does not matter.
"$bin" stress --bug range-end-is-too-late --ops 500000 --attempts 0 --out found --json >out.json 2>err
[ $? -eq 1 ] || fail "with the oracle: $(head -c 300 out.json err)"

for mix in "" --hostile; do
	# shellcheck disable=SC2086
	"$bin" stress $mix --ops $clean --json >out.json 2>err
	code=$?
	[ $code -eq 0 ] || fail "clean model $mix: exit $code: $(head -c 2000 out.json err)"
	[ "$(field ops)" -ge $clean ] || fail "clean model $mix: only $(field ops) operations"
	# How far it is, is told every ten seconds; a slow machine says more of that.
	grep -Ev '^round [0-9]+: ' err >said && fail "clean model $mix: not silent: $(head -c 300 said)"
done
[ $failed -eq 0 ] && echo "lane $lane: 4 bugs, $cases cases, 2 x $clean operations clean"
exit $failed
