# SPDX-License-Identifier: MIT
# The engines of experiments/kill-matrix/run: how a cell is measured by each of them.
# Sourced, and uses its variables. A cell is one line of JSON:
# {bug, engine, seed, found, executions, points, seconds, class}; points and
# executions are null where an engine does not count them.
# shellcheck shell=bash disable=SC2154,SC2034

all_engines="random pct1 pct2 pct3 libfuzzer libfuzzer-edges libfuzzer-raw afl afl-edges stress-asan stress-tsan tsan-fibers"

presets_of() { # presets_of <engines>: what they run, each once
	local engine
	echo release
	for engine in $1; do
		case $engine in
		libfuzzer*) echo fuzz-plain ;;
		afl*) echo afl ;;
		stress-*) echo "${engine#stress-}" ;;
		tsan-fibers) echo tsan-fibers ;;
		esac
	done | sort -u
}

targets_of() { # targets_of <preset>: no more than the cells need
	case $1 in
	release) echo shootdown_bin afl_mutator ;;
	fuzz-plain | afl) echo fuzz_shootdown fuzz_shootdown_raw ;;
	*) echo shootdown_bin ;;
	esac
}

# A race is for TSan: the oracle has nothing to see in it.
applies() { # applies <engine> <slug>
	local class
	class=$(jq -r --arg s "$2" 'select(.slug == $s) | .class' "$out/bugs")
	[ "$class" != race ] || [ "$1" = tsan-fibers ] || [ "$1" = stress-tsan ]
}

profile_of() { jq -r --arg s "$1" 'select(.slug == $s) | .hw' "$out/bugs" | cut -d, -f1; }

hunted() { # hunted <binary...> -- <slug> <seed> <options>...: asks hunt, which counts by itself
	local bin=()
	while [ "$1" != -- ]; do
		bin+=("$1")
		shift
	done
	"${bin[@]}" hunt --bug "$2" --seed "$3" --budget "$most" --seconds "$limit" --json "${@:4}" 2>/dev/null |
		jq -c 'select(.kind == "bug") | {found, executions, points, seconds, class}'
}

# The target says how many executions it took and what it saw.
told() { # told <log> <milliseconds> <executions if it found nothing>
	sed -n 's/^shootdown: violation: \([a-z-]*\):.*/class \1/p
		s/^shootdown: \([0-9]*\) executions, \([0-9]*\) points/counts \1 \2/p' "$1" |
		awk -v ms="$2" -v n="$3" '
			$1 == "class" { class = $2 }
			$1 == "counts" { n = $2; points = $3 }
			END { printf "{\"found\":%s,\"executions\":%d,\"points\":%s,\"seconds\":%.3f,\"class\":%s}\n",
				class ? "true" : "false", n, points ? points : "null", ms / 1000,
				class ? "\"" class "\"" : "null" }'
}

with_libfuzzer() { # with_libfuzzer <target> <cover> <slug> <seed>
	local dir from n
	dir=$(mktemp -d)
	from=$(date +%s%N)
	SHOOTDOWN_COVER=$2 SHOOTDOWN_BUG=$3 SHOOTDOWN_HW=$(profile_of "$3") "build/fuzz-plain/$1" "$dir" \
		-artifact_prefix="$dir/" -seed="$4" -runs="$most" -max_total_time="$limit" "${lf_options[@]}" \
		>"$dir.log" 2>&1
	n=$(sed -n 's/^stat::number_of_executed_units: *//p' "$dir.log" | tail -n 1)
	told "$dir.log" $((($(date +%s%N) - from) / 1000000)) "${n:-0}"
	rm -rf "$dir" "$dir.log"
}

with_afl() { # with_afl <cover> <slug> <seed>
	local dir from n ms file
	dir=$(mktemp -d)
	mkdir "$dir/seeds"
	printf seed >"$dir/seeds/one"
	afl_environment
	export SHOOTDOWN_COVER=$1 SHOOTDOWN_BUG=$2
	SHOOTDOWN_HW=$(profile_of "$2")
	export SHOOTDOWN_HW
	from=$(date +%s%N)
	AFL_BENCH_UNTIL_CRASH=1 SHOOTDOWN_LEARN=$(afl_learn "$dir/seeds" "$dir/out/default") \
		afl-fuzz -i "$dir/seeds" -o "$dir/out" -s "$3" -t 5000 -V "$limit" -E "$most" \
		-- build/afl/fuzz_shootdown >/dev/null 2>&1
	ms=$((($(date +%s%N) - from) / 1000000))
	n=$(sed -n 's/^execs_done *: *//p' "$dir/out/default/fuzzer_stats" 2>/dev/null)
	for file in "$dir"/out/default/crashes/id:*; do
		[ -e "$file" ] || break
		build/afl/fuzz_shootdown "$file" >"$dir/log" 2>&1 </dev/null
		# afl-fuzz only ends after the stage in which it crashed; the name of the file has the moment
		n=$(sed -n 's/.*,execs:\([0-9]*\).*/\1/p' <<<"$file")
		break
	done
	touch "$dir/log"
	sed -i '/executions,/d' "$dir/log" # of that one run: afl-fuzz has counted
	told "$dir/log" $ms "${n:-0}"
	rm -rf "$dir"
}

# Real threads count operations, not executions.
stressed() { # stressed <lane> <slug> <seed>
	local answer
	# shellcheck disable=SC2046
	answer=$($(lane "$1") stress --bug "$2" --hw "$(profile_of "$2")" --seed "$3" --seconds "$limit" \
		--attempts 0 --json 2>/dev/null)
	jq -c '{found: (.violations > 0), executions: null, points: null, seconds, class}' <<<"$answer" 2>/dev/null ||
		echo '{"found":true,"executions":null,"points":null,"seconds":null,"class":"sanitizer"}'
}

tsan_fibers() {
	setarch -R true 2>/dev/null && echo setarch -R
	echo build/tsan-fibers/shootdown
}

measure() { # measure <slug> <engine> <seed>: writes the cell's file, all of it or nothing
	local file=$out/$1.$2.$3.json answer
	case $2 in
	random) answer=$(hunted build/release/shootdown -- "$1" "$3" --engine random --runs 1) ;;
	pct*) answer=$(hunted build/release/shootdown -- "$1" "$3" --engine pct --depth "${2#pct}") ;;
	libfuzzer) answer=$(with_libfuzzer fuzz_shootdown all "$1" "$3") ;;
	libfuzzer-edges) answer=$(with_libfuzzer fuzz_shootdown edges "$1" "$3") ;;
	libfuzzer-raw) answer=$(with_libfuzzer fuzz_shootdown_raw edges "$1" "$3") ;;
	afl) answer=$(with_afl all "$1" "$3") ;;
	afl-edges) answer=$(with_afl edges "$1" "$3") ;;
	stress-*) answer=$(stressed "${2#stress-}" "$1" "$3") ;;
	tsan-fibers)
		# shellcheck disable=SC2046
		answer=$(hunted $(tsan_fibers) -- "$1" "$3")
		;;
	esac
	jq -c --arg bug "$1" --arg engine "$2" --argjson seed "$3" '{bug: $bug, engine: $engine, seed: $seed} + .' \
		<<<"$answer" >"$file.new" 2>/dev/null && [ -s "$file.new" ] && mv "$file.new" "$file" ||
		echo "$me: $1 $2 $3: no answer" >&2
	rm -f "$file.new"
}
