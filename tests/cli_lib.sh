# SPDX-License-Identifier: MIT
# What the tests of the command line share; sourced. Leaves them in a directory
# of their own. Wants SHOOTDOWN_BIN. They end with: exit $failed
bin=${SHOOTDOWN_BIN:?}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
failed=0

fail()
{
	echo "FAILED: $*"
	failed=1
}

# says PATTERN [FILE]: on stdout, unless it is another file.
says()
{
	grep -Eq -- "$1" "${2:-out}" || fail "expected \"$1\" in ${2:-out}, got: $(head -c 600 "${2:-out}")"
}

# complains PATTERN: one line on stderr, matching.
complains()
{
	[ "$(wc -l <err)" -eq 1 ] || fail "expected one line, got: $(head -c 300 err)"
	grep -Eq -- "$1" err || fail "expected \"$1\", got: $(head -c 300 err)"
}
