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

[ $failed -eq 0 ] && echo "${#scripts[@]} scripts"
exit $failed
