#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The mutation engine on toy.c: the mutants are those of toy.expected, each can be
# applied, compiles, changes something, and leaves as many lines as there were.
set -u
mutants=${1:?}
failed=0

fail() {
	echo "FAILED: $*"
	failed=1
}

list=$("$mutants" list 1 toy.c) || fail "list"
diff <(cut -f 1,3,7 <<<"$list") toy.expected || fail "the mutants are others"
n=0
while IFS=$'\t' read -r id _; do
	"$mutants" apply "$id" toy.c >"${TMPDIR:-/tmp}/toy.$$.c" || fail "apply $id"
	clang-14 -fsyntax-only -w "${TMPDIR:-/tmp}/toy.$$.c" || fail "$id does not compile"
	! cmp -s toy.c "${TMPDIR:-/tmp}/toy.$$.c" || fail "$id changes nothing"
	[ "$(wc -l <toy.c)" -eq "$(wc -l <"${TMPDIR:-/tmp}/toy.$$.c")" ] || fail "$id moves lines"
	n=$((n + 1))
done <<<"$list"
rm -f "${TMPDIR:-/tmp}/toy.$$.c"
[ "$(cut -f 5 <<<"$list" | sort -u | wc -l)" -eq 14 ] || fail "not every operator is there"
! "$mutants" apply toy.c:nobody:range:0 toy.c >/dev/null 2>&1 || fail "a mutant that is none was applied"
[ $failed -eq 0 ] && echo "$n mutants"
exit $failed
