#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The scripts and the experiments: bad usage is a word why and exit 2, before anything
# is built or installed; every script parses, shellcheck has no warning where it is at
# hand; and each of them is in a page that says what it is for.
set -u
cd "${SHOOTDOWN_SOURCE:?}" || exit 1
failed=0

fail() {
	echo "FAILED: $*"
	failed=1
}

mapfile -t scripts < <(find scripts experiments docs .ci tests -type f -print0 | LC_ALL=C sort -z |
	xargs -0 grep -l -m 1 -E '^#!.*bash|shellcheck shell=bash')
[ ${#scripts[@]} -gt 30 ] || fail "only ${#scripts[@]} scripts"
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
refused scripts/check --jobs 0
refused scripts/check --preset
refused scripts/fuzz-table --limit 0
refused experiments/edits/run --least x
refused experiments/second-opinion/run --clean x
refused experiments/second-opinion/run --jobs 0
refused experiments/peers/run --runs 0
refused experiments/peers/run --part both
refused experiments/mutation-score/run --group both
refused experiments/mutation-score/run --count 0
refused experiments/kill-matrix/report /nonexistent
refused experiments/mutation-score/report /nonexistent
refused scripts/campaign --time
refused scripts/campaign --time 0
refused scripts/campaign --time 1w
refused scripts/campaign --time 99999999999999999999
refused scripts/campaign --jobs many
refused scripts/campaign --engines honggfuzz

# part <script>: it is a part of another, as campaign-triage is one of campaign, or of all
part() {
	local name=${1#scripts/}
	[ "$name" = lib.sh ] || { [ -x "scripts/${name%%-*}" ] && [ "$name" != "${name%%-*}" ]; }
}
for script in scripts/*; do
	! part "$script" || continue
	refused "$script" --nonsense
	"$script" --help </dev/null >/dev/null || fail "$script --help"
	grep -qrF --include='*.md' "$script" README.md docs || fail "$script is in no page"
done
refused docs/not-modelled.sh --nonsense
for folder in experiments/*/; do
	folder=${folder%/}
	[ -x "$folder/run" ] || fail "$folder has no script run"
	grep -qsF "$folder/run" "$folder/README.md" || fail "$folder has no README.md that says how to run it"
	# what it said last; trace-compare is about the two commits that it is given
	[ "$folder" = experiments/trace-compare ] || grep -qsE '^Last, at [0-9a-f]{7}' "$folder/README.md" ||
		fail "$folder/README.md does not say what came out last, and at which commit"
	for script in "$folder/run" "$folder/report"; do
		[ -e "$script" ] || continue
		refused "$script" --nonsense
		"$script" --help </dev/null >/dev/null || fail "$script --help"
	done
done
scripts/setup --list | grep -qx clang-14 || fail "setup --list"
experiments/edits/run --dry </dev/null >/dev/null || fail "an edit finds no longer what it changes"

# What is measured of AFL++ (experiments/kill-matrix/run) is what a campaign runs: with an
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
noted matrix "out='$dir' limit=1 most=1; . experiments/kill-matrix/cells.sh; with_afl all vtd-psi-mask-not-covering 1"
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
