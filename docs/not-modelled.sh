#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# not-modelled: prints docs/not-modelled.md, from the sentences "Does not model ..."
# in the comments that sources open with. tests/test_docs.sh holds the page against it.
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1-} in
"") ;;
-h | --help)
	echo "usage: docs/not-modelled.sh >docs/not-modelled.md"
	exit 0
	;;
*)
	echo "usage: docs/not-modelled.sh >docs/not-modelled.md" >&2
	exit 2
	;;
esac

# left_out <file>: what stands there after "Does not model", up to the end of the sentence.
left_out() {
	awk '
		/^#(include|pragma|ifndef)/ { exit }
		/^\/\*/ { inside = 1 }
		inside { line = $0; gsub(/^[ \t]*\/?\*+\/?|\*\/.*$/, "", line); all = all " " line }
		/\*\// { inside = 0 }
		END {
			gsub(/[ \t]+/, " ", all)
			while (match(all, /Does not model:? /)) {
				all = substr(all, RSTART + RLENGTH)
				if (!match(all, /\.( |$)/)) exit 1
				said = said (said ? " " : "") substr(all, 1, RSTART)
			}
			print said
		}' "$1" || {
		echo "$1: \"Does not model\" is not a sentence with an end" >&2
		return 1
	}
}

cat <<'HEAD'
# What is not modelled

A clean campaign says nothing about what the model has not got. Every source says in its opening comment what it leaves out of the thing that it
models; this page is those sentences, a section a folder. `docs/not-modelled.sh` makes it. Which violations nothing can raise yet is marked in
[oracle.md](oracle.md); what a run on real threads cannot see is in [stress.md](stress.md).
HEAD
folder=
while IFS= read -r file; do
	said=$(left_out "$file")
	[ -n "$said" ] || continue
	if [ "$folder" != "${file%/*}" ]; then
		folder=${file%/*}
		printf '\n## %s/\n\n' "$folder"
	fi
	printf -- '- [%s](../%s): %s\n' "$file" "$file" "$said"
done < <(find model engine stress -name '*.[ch]' | awk -F/ -v OFS='\t' '{ f = $NF; d = $0; sub(/\/[^\/]*$/, "", d); print d, f, $0 }' |
	LC_ALL=C sort | cut -f 3)
