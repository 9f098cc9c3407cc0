# SPDX-License-Identifier: MIT
# Findings, exchange of corpora, workers and progress.
# Part of scripts/campaign: sourced, and uses its variables.
# shellcheck shell=bash disable=SC2154,SC2034

# -- findings ----------------------------------------------------------------------
# Moves what the fuzzers left to one place, so that a restart loses nothing.
# Without "all" files of this very moment are left for the next round: they may
# still be written.
collect() { # collect [all]
	local file name settled=(! -newermt '2 seconds ago')
	[ "${1-}" != all ] || settled=()
	while IFS= read -r file; do
		name=${file#"$out"/}
		case $name in
		afl/*) name=afl-${name#afl/} ;;
		*) name=libfuzzer-${name#log/} ;;
		esac
		name=${name//[^A-Za-z0-9-]/_}
		collected=$((collected + 1))
		mv "$file" "$out/pending/${name:0:120}.$EPOCHSECONDS.$collected"
	done < <(find "$out"/log "$out"/afl/*/crashes* "$out"/afl/*/hangs* -maxdepth 1 -type f \
		\( -name 'crash-*' -o -name 'timeout-*' -o -name 'oom-*' -o -name 'id:*' \) "${settled[@]}" 2>/dev/null)
}
collected=0
triage_pid=
triage() { # in the background, one at a time
	local file
	if [ -n "$triage_pid" ]; then
		! kill -0 "$triage_pid" 2>/dev/null || return 0
		wait "$triage_pid" 2>/dev/null
		triage_pid=
	fi
	for file in "$out"/pending/*; do
		[ -e "$file" ] || return 0
		spawn "$out/log/triage" scripts/campaign-triage "$out" "$shootdown" "$triage_target" "$bug" "$hw"
		triage_pid=$spawned
		return 0
	done
}
triage_target=$lf_target
[ "$use_libfuzzer" = 1 ] || triage_target=$afl_target

# -- exchange -----------------------------------------------------------------------
# libFuzzer re-reads its corpus directory by itself, AFL++ its neighbours' queues.
exchanged=0
exchange() {
	local queue=$out/afl/libfuzzer/queue file name
	[ "$use_libfuzzer" = 1 ] && [ "$use_afl" = 1 ] || return 0
	mkdir -p "$queue"
	[ "$exchanged" -gt 0 ] || exchanged=$(find "$queue" -name 'id:*' | wc -l)
	touch "$out/log/exchange.new"
	while IFS= read -r file; do
		cp "$file" "$(printf '%s/id:%06d,src:libfuzzer' "$queue" "$exchanged")" 2>/dev/null &&
			exchanged=$((exchanged + 1))
	done < <(find "$out/corpus" -type f ! -name 'afl-*' "${since[@]}" | head -n 2000)
	while IFS= read -r file; do
		name=${file#"$out"/afl/}
		name=afl-${name//[^A-Za-z0-9-]/_}
		[ -e "$out/corpus/$name" ] || cp "$file" "$out/corpus/$name" 2>/dev/null
	done < <(find "$out"/afl/main/queue "$out"/afl/s*/queue -maxdepth 1 -name 'id:*' ! -name '*sync:*' \
		"${since[@]}" 2>/dev/null | head -n 2000)
	mv "$out/log/exchange.new" "$out/log/exchange"
	since=(-newer "$out/log/exchange")
}
since=()
[ ! -e "$out/log/exchange" ] || since=(-newer "$out/log/exchange")

# -- workers ------------------------------------------------------------------------
n_afl=0
n_lf=0
[ "$use_libfuzzer" = 0 ] || n_lf=$jobs
if [ "$use_afl" = 1 ]; then
	n_afl=$jobs
	if [ "$use_libfuzzer" = 1 ]; then
		n_afl=$((jobs / 2))
		[ "$n_afl" -gt 0 ] || n_afl=1
		n_lf=$((jobs - n_afl))
		[ "$n_lf" -gt 0 ] || n_lf=1
	fi
fi
lf_pid=()
lf_log=()
afl_pid=()
runs=0
keep_running() { # keep_running <seconds left>: (re)starts whoever is not running
	local i name
	for ((i = 0; i < n_lf; i++)); do
		[ -z "${lf_pid[i]-}" ] || ! kill -0 "${lf_pid[i]}" 2>/dev/null || continue
		if [ -n "${lf_pid[i]-}" ]; then
			wait "${lf_pid[i]}" 2>/dev/null
			lf_done=$((lf_done + $(lf_executions "${lf_log[i]}")))
			mv "${lf_log[i]}" "$out/log/libfuzzer-$i.last"
		fi
		runs=$((runs + 1))
		lf_log[i]=$out/log/libfuzzer-$i
		lf_start "$out/corpus" "$out/log/" "$1" "${lf_log[i]}"
		lf_pid[i]=$spawned
	done
	for ((i = 0; i < n_afl; i++)); do
		[ -z "${afl_pid[i]-}" ] || ! kill -0 "${afl_pid[i]}" 2>/dev/null || continue
		[ -z "${afl_pid[i]-}" ] || wait "${afl_pid[i]}" 2>/dev/null
		name=s$i
		[ $i -gt 0 ] || name=main
		afl_start "$out/afl" "$name" "$out/seeds.afl" "$1" "$out/log/afl-$name"
		afl_pid[i]=$spawned
	done
}

lf_now=0
afl_now=0
count_executions() {
	local i file
	lf_now=$lf_done
	for i in "${!lf_log[@]}"; do
		lf_now=$((lf_now + $(lf_executions "${lf_log[i]}")))
	done
	afl_now=0
	for file in "$out"/afl/*/fuzzer_stats; do
		[ ! -e "$file" ] || afl_now=$((afl_now + $(afl_executions "${file%/*}")))
	done
}
findings() { find "$out/findings" -mindepth 1 -maxdepth 1 -type d | wc -l; }
last_line=-1000
progress() {
	local every=60 line
	[ "$budget" -gt 600 ] || every=10
	[ ! -t 1 ] || every=2
	[ $((SECONDS - last_line)) -ge $every ] || return 0
	last_line=$SECONDS
	count_executions
	line="$(clock "$spent")/$(clock "$budget")  libfuzzer $lf_now  afl $afl_now executions"
	line+="  corpus $(find "$out/corpus" -type f | wc -l)  findings $(findings)"
	if [ -t 1 ]; then printf '\r\033[K%s' "$line"; else echo "$line"; fi
}
