#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The documentation: links lead somewhere, every page that must exist does,
# commands in ```sh blocks run and end with the exit code that a trailing
# "# exit N" says (0 without), and a report that is quoted below a command is
# what the command prints. Wants SHOOTDOWN_SOURCE and SHOOTDOWN_BIN.
set -u

source=${SHOOTDOWN_SOURCE:?}
bin=${SHOOTDOWN_BIN:?}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
ln -s "$source/corpus" corpus
mapfile -t pages < <(find "$source/docs" "$source/README.md" "$source"/experiments/*/README.md -name '*.md' | sort)
failed=0

fail()
{
	echo "FAILED: ${page#"$source/"}: $*"
	failed=1
}

# links: [text](target) to a file of the project, #anchors and URLs aside.
links()
{
	local target

	# shellcheck disable=SC2016 # backquotes are Markdown's
	while read -r target; do
		case $target in
		http://* | https://* | mailto:* | '#'*) continue ;;
		esac
		[ -e "$(dirname "$page")/${target%%#*}" ] || fail "no $target"
	done < <(sed '/^```/,/^```/d' "$page" | grep -o ']([^)]*)' | sed 's/^](//; s/)$//')
}

# Numbers of events and frames, and columns, may change; words may not.
words()
{
	sed -E 's/[0-9]+/N/g; s/[[:space:]]+/ /g; s/^ //; s/ $//'
}

# quoted: the block that follows a command is its output, from the first line to the last. A line "..." stands for lines
# that are left out; what is between two of them stands together in the output, in this order. Empty lines do not count.
quoted()
{
	local missing

	missing=$(awk '
	function piece(from, to, at,    i)
	{
		for (i = from; i <= to && out[at + i - from] == quote[i]; i++)
			;
		if (i - from > best)
			best = i - from
		return i > to
	}
	NR == FNR { if ($0 != "") out[++outs] = $0; next }
	$0 != "" { quote[++quotes] = $0 }
	END {
		quote[quotes + 1] = "..." # closes the last piece
		at = 1
		for (from = 1; from <= quotes + 1; from = to + 2) {
			for (to = from; quote[to] != "..."; to++)
				;
			to-- # the piece is from..to, and may be empty
			best = 0
			first = from == 1 ? 1 : at
			last = from == 1 ? 1 : outs - (to - from)
			if (to == quotes && from > 1)
				first = outs - (to - from) > at ? outs - (to - from) : at
			for (at = first; at <= last && !piece(from, to, at); at++)
				;
			if (at > last) {
				print quote[from + best]
				exit
			}
			at += to - from + 1
			if (to == quotes && at != outs + 1 && to >= from)
				print "the end here, but: " out[at]
		}
	}' <(words <out) <(words <quote))
	[ -z "$missing" ] || fail "$command does not print in this place: $missing"
}

# run: a line of an sh block that starts with shootdown.
run()
{
	local want=0 args

	case $1 in
	*'# exit '*) want=${1##*# exit } ;;
	esac
	command=${1%%#*}
	read -ra args <<<"${command#shootdown}"
	timeout 300 "$bin" "${args[@]}" >out 2>&1 </dev/null
	local got=$?
	[ $got -eq "$want" ] || fail "$command: exit $got, expected $want: $(head -c 300 out)"
	commands=$((commands + 1))
}

# blocks: runs the sh blocks; a plain block right below one, empty lines aside, is a quotation.
blocks()
{
	local state=text line

	command=
	while IFS= read -r line; do
		case $state:$line in
		text:'```sh') state="sh" ;;
		text:'```') state=${command:+quote}; state=${state:-other}; : >quote ;;
		text:'```'*) state=other ;;
		quote:'```') quoted; state=text; command= ;;
		sh:'```' | other:'```') state=text ;;
		sh:shootdown*) run "$line" ;;
		quote:*) printf '%s\n' "$line" >>quote ;;
		text:?*) command= ;;
		esac
	done <"$page"
	[ "$state" = text ] || fail "a block is not closed"
}

# sources: files that a page names in `...` are there, and a function that it says is in one, `f()` in `file`, is.
sources()
{
	local name function

	while read -r name; do
		[ -e "$source/$name" ] || fail "names $name, which is not there"
	done < <(grep -oE '`(model|engine|stress|tools|fuzz|tests|bench|scripts|experiments|include|cmake)/[A-Za-z0-9_./-]+`' "$page" | tr -d '`')
	while IFS=$'\t' read -r function name; do
		[ ! -e "$source/$name" ] || grep -qw "$function" "$source/$name" || fail "says that $function() is in $name"
	done < <(grep -oE '`[a-z_]+\(\)` in `[a-z]+/[A-Za-z0-9_./-]+`' "$page" | sed -E 's/`([a-z_]+)\(\)` in `(.*)`/\1\t\2/')
}

# listed: an index names every page of its folder.
listed()
{
	local file

	for file in "$(dirname "$page")"/*.md; do
		[ "$file" = "$page" ] || grep -qF "]($(basename "$file"))" "$page" || fail "does not list $(basename "$file")"
	done
}

# made: a page that a script makes is what it makes of the data that are here.
made()
{
	page=$source/docs/$1
	shift
	"$@" >out 2>&1 || fail "$*: $(head -c 300 out)"
	cmp -s "made/$(basename "$page")" "$page" || fail "is not what its script makes: $*"
}

commands=0
for page in "${pages[@]}"; do
	links
	sources
	blocks
	case $page in
	"$source"/docs/*/README.md) listed ;;
	esac
done

mkdir made
for name in md svg; do
	made detection/matrix.$name "$source/experiments/kill-matrix/report" "$source/experiments/kill-matrix/matrix.csv" "$dir/made"
done
made not-modelled.md sh -c "'$source/docs/not-modelled.sh' >made/not-modelled.md"
made detection/mutation-score.md "$source/experiments/mutation-score/report" --to "$dir/made/mutation-score.md"

# What code of the model or the engine gives out. That it asks for a class, or has a text for it, is no raise.
raised=$(find "$source/model" "$source/engine" -name '*.c' -exec cat {} + |
	sed -E 's/(\[|case |[=!]= )VC_[A-Z_]+//g; s|/\*.*\*/||g; /^ \*/d' | grep -o 'VC_[A-Z_]*' | sort -u)

# A class that nothing raises is marked wherever it is promised, and no other is.
for file in "$source"/docs/violations/*.md; do
	class=$(basename "$file" .md)
	[ "$class" != README ] || continue
	id=VC_${class//-/_}
	for page in "$file" "$source/docs/violations/README.md" "$source/docs/oracle.md"; do
		case $page in
		"$file") line=$(grep -i -m 1 '^\*\*nothing raises it yet' "$page") ;;
		*/README.md) line=$(grep -F "| [$class]($class.md) |" "$page") || fail "no row of $class" ;;
		*) line=$(grep -E "^\| .*\`$class\`.* \|" "$page" | head -n 1) && [ -n "$line" ] || fail "no row of $class" ;;
		esac
		marked=no
		[[ ${line,,} != *"nothing raises it yet"* ]] || marked=yes
		if grep -qxF "${id^^}" <<<"$raised"; then
			[ $marked = no ] || fail "says that nothing raises $class, which is raised"
		else
			[ $marked = yes ] || fail "does not say that nothing raises $class"
		fi
	done
done

page=$source/docs/bugs
while read -r slug; do
	[ -s "$page/$slug.md" ] || fail "no page about $slug"
	grep -sqF "corpus/bugs/$slug.sd" "$page/$slug.md" || fail "$slug.md does not name its case"
	for class in $("$bin" bugs --json | grep -F "\"slug\":\"$slug\"" | sed 's/.*"classes":\[\([^]]*\)\].*/\1/; s/[",]/ /g'); do
		grep -sqF "violations/$class.md" "$page/$slug.md" || fail "$slug.md does not name $class"
	done
done < <("$bin" bugs --json | sed 's/.*"slug":"\([^"]*\)".*/\1/')

page=$source/corpus
for file in "$source"/corpus/*.sd; do
	name=$(basename "$file" .sd)
	[ "$name" = "${name#bad_}" ] || grep -qrF "$name.sd" "$source/docs" || fail "$name.sd is in no page"
done

[ $commands -gt 0 ] || fail "no command was run"
[ $failed -eq 0 ] && echo "${#pages[@]} pages, $commands commands: all as documented"
exit $failed
