#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The Promela models of experiments/peers, that shootdown is compared with: without
# BUG a complete and silent search, with it a failed assertion. Needs Spin, which
# nothing else does; where it is not installed there is nothing to test.
set -u
models=${SHOOTDOWN_SOURCE:?}/experiments/peers
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

if ! command -v spin >/dev/null; then
	echo "skipped: spin is not installed"
	exit 0
fi

search() { # search <model> [-DBUG]: what pan said, in out
	rm -f pan*
	# shellcheck disable=SC2086
	spin ${2-} -a "$1" >out 2>&1 && gcc -w -O1 -DSAFETY -o pan pan.c >>out 2>&1 && ./pan -m100000 >>out 2>&1
}

fail() {
	echo "FAILED: $*"
	tail -n 5 out
	failed=1
}

n=0
for model in "$models"/*.pml; do
	n=$((n + 1))
	grep -q "^BUG([A-Z0-9_]*, \"$(basename "$model" .pml)\"" "$SHOOTDOWN_SOURCE/model/bugs/bugs.def" ||
		fail "$model: no planted bug of that name"
	search "$model"
	grep -q 'errors: 0' out || fail "$model: not silent without BUG"
	! grep -q 'too small' out || fail "$model: the search is not complete"
	search "$model" -DBUG
	grep -q 'assertion violated' out || fail "$model: nothing found with BUG"
done
[ $n -eq 4 ] || fail "$n models"
[ $failed -eq 0 ] && echo "$n models"
exit $failed
