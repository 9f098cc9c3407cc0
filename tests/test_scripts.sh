#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The scripts: bad usage is one line and exit 2, before anything is built or
# installed; every script parses, and shellcheck has no warning where it is at hand.
set -u
cd "${SHOOTDOWN_SOURCE:?}" || exit 1
failed=0

fail() {
	echo "FAILED: $*"
	failed=1
}

mapfile -t scripts < <(grep -l -m 1 -E '^#!.*bash|shellcheck shell=bash' scripts/* .ci/run tests/*.sh tests/headers/*.sh)
[ ${#scripts[@]} -gt 5 ] || fail "only ${#scripts[@]} scripts"
for script in "${scripts[@]}"; do
	bash -n "$script" || fail "$script does not parse"
done
if command -v shellcheck >/dev/null; then
	shellcheck -x -S warning "${scripts[@]}" || fail "shellcheck has something to say"
fi

refused() { # refused <script> <arguments>...
	local out rc
	out=$("$@" </dev/null 2>&1)
	rc=$?
	[ $rc -eq 2 ] || fail "$*: exit $rc, expected 2"
	[ -n "$out" ] || fail "$*: no word why"
}
refused scripts/setup --nonsense
refused scripts/check --nonsense
refused scripts/check --jobs 0
refused scripts/check --preset
refused scripts/fuzz-table --limit 0
refused scripts/fuzz-table --nonsense
refused scripts/edits --least x
refused scripts/second-opinion --nonsense
refused scripts/second-opinion --clean x
refused scripts/second-opinion --jobs 0
refused scripts/peers --runs 0
refused scripts/peers --part both
refused scripts/mutation-score --group both
refused scripts/mutation-score --count 0
refused scripts/mutation-score --nonsense
refused scripts/mutation-report /nonexistent /nonexistent
refused scripts/campaign --nonsense
refused scripts/campaign --time
refused scripts/campaign --time 0
refused scripts/campaign --time 1w
refused scripts/campaign --time 99999999999999999999
refused scripts/campaign --jobs many
refused scripts/campaign --engines honggfuzz
for script in check fuzz-table edits mutation-score campaign peers; do
	scripts/$script --help </dev/null >/dev/null || fail "$script --help"
done
scripts/setup --list | grep -qx clang-14 || fail "setup --list"
scripts/edits --dry </dev/null >/dev/null || fail "an edit finds no longer what it changes"

# What is measured of AFL++ (scripts/kill-matrix) is what a campaign runs: with an
# afl-fuzz that only notes its environment, both give it the same settings.
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir"/bin "$dir"/one "$dir"/two "$dir"/resumed/main/queue
printf seed | tee "$dir/one/seed" "$dir/two/a" >"$dir/two/b"
cat >"$dir/bin/afl-fuzz" <<'FAKE'
#!/bin/sh
env | grep -E '^(AFL_(FAST|DISABLE|CUSTOM)|SHOOTDOWN_LEARN=)' | LC_ALL=C sort >"$NOTES"
FAKE
chmod +x "$dir/bin/afl-fuzz"
noted() { # noted <name> <commands>: what afl-fuzz was given by them
	NOTES=$dir/$1 PATH=$dir/bin:$PATH bash -c ". scripts/lib.sh; $2" "$PWD/scripts/x" </dev/null >/dev/null 2>&1
	[ -s "$dir/$1" ] || fail "$1: afl-fuzz was not started"
}
echo '{"slug":"vtd-psi-mask-not-covering","hw":"vtd"}' >"$dir/bugs"
campaign="hw= lf_target=x afl_target=x; exec 9>'$dir/lock'; . scripts/campaign-fuzzers.sh; afl_start"
noted matrix "out='$dir' limit=1 most=1; . scripts/kill-matrix-cells.sh; with_afl all vtd-psi-mask-not-covering 1"
noted canary "$campaign '$dir/new' main '$dir/one' 1 '$dir/log'; wait"
noted seeded "$campaign '$dir/new' main '$dir/two' 1 '$dir/log'; wait"
noted queued "$campaign '$dir/resumed' main '$dir/one' 1 '$dir/log'; wait"
cmp "$dir/matrix" "$dir/canary" || fail "campaign and kill-matrix differ in what they give afl-fuzz"
for want in AFL_FAST_CAL=1 AFL_DISABLE_TRIM=1 AFL_CUSTOM_MUTATOR_ONLY=1 \
	"AFL_CUSTOM_MUTATOR_LIBRARY=$PWD/build/release/afl_mutator.so" SHOOTDOWN_LEARN=128; do
	grep -qxF "$want" "$dir/matrix" || fail "kill-matrix: afl-fuzz without $want"
done
for name in seeded queued; do # what is known from before is not to be hidden
	grep -qx 'SHOOTDOWN_LEARN=0' "$dir/$name" || fail "$name: $(grep LEARN "$dir/$name"), expected 0"
done

[ $failed -eq 0 ] && echo "${#scripts[@]} scripts"
exit $failed
