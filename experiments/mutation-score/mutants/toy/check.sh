#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The mutation engine on toy.c: the mutants are those of toy.expected, each can be
# applied, compiles, changes something, and leaves as many lines as there were.
# And on a header that is a part of another.
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

# a header that is a part of another: its own mutants and no others, seen through a source
part=$("$mutants" list 1 part_inline.h whole.c | cut -f 4,7)
[ "$part" = "$(printf 'part_next\t`w->%s` becomes `(w->%s)`\n' page 'page + 1' n 'n - 1' n 'n != 0')" ] ||
	fail "the header's mutants are others: $part"
"$mutants" list 1 whole.c | cut -f 4 | grep -qx whole_end || fail "whole.c has no mutants"
! "$mutants" list 1 whole.c | grep -q part_next || fail "the header's mutants are whole.c's, too"
! "$mutants" list 1 part_inline.h >/dev/null 2>&1 || fail "a part of another header compiles alone"
! "$mutants" list 1 toy.c whole.c >/dev/null 2>&1 || fail "a file that is not included was listed"
[ $failed -eq 0 ] && echo "$n mutants"
exit $failed
