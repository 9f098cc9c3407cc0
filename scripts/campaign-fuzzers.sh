# SPDX-License-Identifier: MIT
# How the fuzzers are started, stopped and read; seeds and canary.
# Part of scripts/campaign: sourced, and uses its variables.
# shellcheck shell=bash disable=SC2154,SC2034

# -- environment of the fuzzers ---------------------------------------------------
afl_environment
export AFL_AUTORESUME=1 AFL_SYNC_TIME=1
export ASAN_OPTIONS=abort_on_error=1:detect_leaks=0:symbolize=1:allocator_may_return_null=1
export UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_stacktrace=1
afl_asan_options=abort_on_error=1:detect_leaks=0:symbolize=0
[ -z "$hw" ] || export SHOOTDOWN_HW=$hw

nap() { # nap <seconds>: ends early at a signal
	sleep "$1" 9>&- &
	wait $! 2>/dev/null
}
# spawn <log> command...: dies with this script, whatever happens to it
spawn() {
	local log=$1
	shift
	setpriv --pdeathsig TERM "$@" </dev/null >"$log" 2>&1 9>&- &
	spawned=$!
}
reap() { # reap <pid>...: politely, then not
	local pid i
	[ $# -gt 0 ] || return 0
	kill -TERM "$@" 2>/dev/null
	for pid in "$@"; do
		for i in 1 2 3 4 5 6 7 8 9 10; do
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.2
		done
		[ "$i" != 10 ] || kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
}

# The workers of an engine: number 0, 1, ... in a set of directories.
lf_start() { # lf_start <dir> <artifacts> <seconds> <log>
	spawn "$4" "$lf_target" "$1" -artifact_prefix="$2" -max_total_time="$3" -reload=5 -timeout=20 \
		-rss_limit_mb=2048 "${lf_options[@]}"
}
afl_start() { # afl_start <out dir> <name> <seeds> <seconds> <log>
	local role=-S
	[ "$2" != main ] || role=-M
	ASAN_OPTIONS=$afl_asan_options SHOOTDOWN_LEARN=$(afl_learn "$3" "$1/$2") spawn "$5" afl-fuzz $role "$2" -i "$3" -o "$1" -t 5000 -V "$4" -- "$afl_target"
}
# Executions that a libFuzzer log tells of.
lf_executions() {
	local n
	n=$(tail -c 4096 "$1" 2>/dev/null | sed -n 's/^#\([0-9]*\)[^0-9].*/\1/p;s/^stat::number_of_executed_units: *//p' | tail -n 1)
	echo "${n:-0}"
}
# Executions of an AFL++ instance: fuzzer_stats is exact but a minute old, plot_data
# is fresher and loses the last seconds.
afl_executions() { # afl_executions <instance directory>
	local stats plot
	stats=$(sed -n 's/^execs_done *: *\([0-9]*\).*/\1/p' "$1/fuzzer_stats" 2>/dev/null)
	plot=$(tail -n 1 "$1/plot_data" 2>/dev/null | cut -d, -f12 | tr -dc 0-9)
	[ "${stats:-0}" -ge "${plot:-0}" ] || stats=$plot
	echo "${stats:-0}"
}

# -- seeds -------------------------------------------------------------------------
# A seed that already violates would stop every worker at its start. On the clean
# model it is a finding; a planted bug is to be found by the fuzzers, not by a seed.
is_violation() { # is_violation <target> <file>
	! "$1" "$2" </dev/null >/dev/null 2>&1
}
import_seeds() {
	local file name single=$lf_target n=0
	[ "$use_libfuzzer" = 1 ] || single=$afl_target
	[ ! -e "$out/seeds/complete" ] || return 0
	while IFS= read -r file; do
		[ -z "$stop" ] || return 0
		name=$(echo "${file#corpus/}" | tr -c 'A-Za-z0-9.\n' _)
		"$shootdown" convert --to bin "$file" -o "$out/seeds.tmp" </dev/null >/dev/null 2>&1 || continue
		if is_violation "$single" "$out/seeds.tmp"; then
			[ -n "$bug" ] || mv "$out/seeds.tmp" "$out/pending/seed-$name"
		else
			mv "$out/seeds.tmp" "$out/seeds/$name.bin"
			n=$((n + 1))
		fi
	done < <(find corpus -name '*.sd' | LC_ALL=C sort)
	if [ $n -eq 0 ]; then
		printf 'seed' >"$out/seeds/empty.bin" # afl-fuzz wants one; every byte string is a case
	fi
	rm -f "$out/seeds.tmp"
	cp "$out"/seeds/*.bin "$out/corpus/"
	: >"$out/seeds/complete"
}

# -- canary ------------------------------------------------------------------------
# The same fuzzers, a planted bug, no seeds: what finds nothing here would find
# nothing elsewhere either. Each engine must find it within its share.
run_canary() {
	local share=$((budget / 10)) dir=$out/canary pids=() names=() from=$SECONDS i left found=
	[ "$share" -ge 20 ] || share=20
	[ "$share" -le 300 ] || share=300
	rm -rf "$dir" && mkdir -p "$dir"/{lf,seeds,afl}
	printf 'seed' >"$dir/seeds/one"
	echo "$me: canary $canary_bug, at most $share s"
	export SHOOTDOWN_BUG=$canary_bug SHOOTDOWN_HW=$canary_hw
	if [ "$use_libfuzzer" = 1 ]; then
		lf_start "$dir/lf" "$dir/lf-" $share "$dir/libfuzzer.log"
		pids+=("$spawned")
		names+=(libfuzzer)
	fi
	if [ "$use_afl" = 1 ]; then
		AFL_BENCH_UNTIL_CRASH=1 afl_start "$dir/afl" main "$dir/seeds" $share "$dir/afl.log"
		pids+=("$spawned")
		names+=(afl)
	fi
	unset SHOOTDOWN_BUG SHOOTDOWN_HW
	[ -z "$hw" ] || export SHOOTDOWN_HW=$hw
	while [ -z "$stop" ] && [ $((SECONDS - from)) -lt $((share + 5)) ]; do
		left=0
		for i in "${!pids[@]}"; do
			canary_caught "${names[$i]}" || ! kill -0 "${pids[$i]}" 2>/dev/null || left=1
		done
		[ $left = 1 ] || break
		nap 1
	done
	reap "${pids[@]}"
	[ -z "$stop" ] || return 0
	canary=found
	for i in "${names[@]}"; do
		if canary_caught "$i"; then
			found+=" $i"
		else
			canary=missed
			echo "$me: $i did not find the canary $canary_bug within $share s" >&2
		fi
	done
	[ "$canary" = missed ] || echo "$me: canary found by$found in $((SECONDS - from)) s"
}
canary_caught() {
	local dir=$out/canary file
	for file in "$dir"/lf-crash-* "$dir"/afl/main/crashes/id:*; do
		case $1:$file in
		*'*') ;;
		libfuzzer:*/lf-crash-*) [ ! -s "$file" ] || return 0 ;;
		afl:*/crashes/id:*) return 0 ;;
		esac
	done
	return 1
}
