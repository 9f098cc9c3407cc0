#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The house rules that a script can check: short functions and headers, no folder
# that is one drawer, no circle of includes, includes that point one way, names that
# grep finds once, nothing that a sanitizer is kept from seeing.
set -uo pipefail
cd "${SHOOTDOWN_SOURCE:-$(dirname "$0")/..}" || exit 1

# What is wrong; a file, since a check stands at the end of a pipe.
report=$(mktemp)
trap 'rm -f "$report"' EXIT
none() { # none <what is wrong>: a failure if stdin has a line
	local found
	found=$(cat)
	[ -z "$found" ] && return
	{
		echo "FAILED: $1"
		sed 's/^/  /' <<<"$found" | head -n 20
	} >>"$report"
}

mapfile -t sources < <(find model engine stress tools fuzz bench include -name '*.c' -o -name '*.h' | LC_ALL=C sort)
[ ${#sources[@]} -gt 200 ] || { echo "FAILED: only ${#sources[@]} sources found" && exit 1; }

awk 'FNR == 1 { open = 0 }
	/^\{/ { open = FNR }
	/^\}/ { if (open && FNR - open > 61) print FILENAME ":" open ": " FNR - open - 1 " lines"; open = 0 }' \
	"${sources[@]}" | none "functions of more than 60 lines"

for f in "${sources[@]}" tests/*.h; do
	n=$(wc -l <"$f")
	case $f in
	*.h) [ "$n" -le 150 ] || echo "$f: $n lines" ;;
	*) [ "$n" -le 500 ] || echo "$f: $n lines" ;;
	esac
done | none "headers of more than 150 lines, sources of more than 500"

printf '%s\n' "${sources[@]}" | grep '\.c$' | xargs -n 1 dirname | LC_ALL=C sort | uniq -c |
	awk '$1 > 16 { print $2 ": " $1 " sources" }' | none "folders of more than 16 sources"

grep -nE 'no_sanitize\("?address' "${sources[@]}" | none "code hidden from AddressSanitizer"

awk '{ gsub(/\t/, "        ") } length($0) > 112 { print FILENAME ":" FNR ": " length($0) " columns" }' "${sources[@]}" |
	grep -v '\.def:' | none "lines of more than 110 columns"

find . -maxdepth 1 -name '*.sd' | none "cases in the root of the repository"

# Edges "file included", by the folders that the compiler looks in.
edges=$(grep -HnE '^#include [<"][a-z]' "${sources[@]}" | sed -E 's/^([^:]*):[0-9]*:#include [<"]([^">]*)[">].*/\1 \2/' |
	while read -r from to; do
		for place in "" model/ include/; do
			[ -e "$place$to" ] && echo "$from $place$to" && break
		done
	done)
grep -q '^model/mm/mmap.c model/' <<<"$edges" || { echo "FAILED: no includes were found" && exit 1; }
tsort <<<"$edges" 2>&1 >/dev/null | grep -v 'input contains a loop' | sed 's/^tsort: -\?:\?//' | none "a circle of includes"

# Who may not include whom, from the top down (docs/architecture.md).
forbid() { # forbid <from> <to>
	awk -v from="$1" -v to="$2" '$1 ~ from && $2 ~ to { print $1 " includes " $2 }' <<<"$edges" |
		none "includes that point the wrong way"
}
forbid '^model/' '^(engine|stress|tools|fuzz)/'
forbid '^engine/' '^(stress|tools|fuzz)/'
forbid '^model/(mm|dma|dev|drv|hw|mem|sched)/' '^model/oracle/'
forbid '^(stress|fuzz)/' '^tools/'
forbid '^model/oracle/' '^model/(mm|dma|dev|drv)/'
forbid '^model/mm/' '^model/(drv|dma|dev)/'
forbid '^model/dma/' '^model/(mm|dev)/'
forbid '^model/dev/' '^model/(mm|dma|drv)/'
forbid '^model/(drv|hw|mem|sched)/' '^model/(mm|dma|dev)/'
forbid '^model/(hw|mem|sched)/' '^model/drv/'
forbid '^model/(mem|sched|event|bugs)/' '^model/hw/'
forbid '^model/case/' '^model/hw/([^p]|p[^r]|prq)'
forbid '^model/(sched|event|bugs|case)/' '^model/(mem|mm|dma|dev|drv)/'
forbid '^engine/run/' '^engine/(tell|search|minimize)/'
forbid '^engine/tell/' '^engine/(search|minimize)/'
forbid '^engine/search/' '^engine/minimize/'
forbid '^include/' '^(model|engine)/'

# A static function that two files have leaves a backtrace open.
functions=$(printf '%s\n' "${sources[@]}" | grep '\.c$' |
	xargs grep -HoP '^static (?!const |_)[\w \*]*\b\K\w+(?=\()' | sed -E 's/^([^:]*):(.*)$/\2 \1/' | LC_ALL=C sort -u)
grep -q '^item_cachers ' <<<"$functions" || { echo "FAILED: no functions were found" && exit 1; }
awk '{ n[$1]++; where[$1] = where[$1] " " $2 } END { for (f in n) if (n[f] > 1) print f ":" where[f] }' <<<"$functions" |
	none "static functions of the same name"

cat "$report"
[ ! -s "$report" ]
