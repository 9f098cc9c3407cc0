# SPDX-License-Identifier: MIT
# What the scripts share. Sourced; sets $root and moves there.
# shellcheck shell=bash disable=SC2034
# Where it was called: paths of the user are meant from here.
caller=$PWD
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 3
me=$(basename "$0")

die() { # die <exit code> <text>
	echo "$me: $2" >&2
	exit "$1"
}

usage_error() {
	echo "$me: $1" >&2
	usage >&2
	exit 2
}

# libFuzzer as it is used here. How often an edge was taken says little about an
# interleaving, and the bookkeeping for it costs more than the execution.
lf_options=(-max_len=16384 -len_control=0 -use_counters=0 -reduce_inputs=0 -print_final_stats=1)

# AFL++ as it is used here. The same input is the same run: there is nothing to
# calibrate. What is found is minimised anyway.
afl_environment() {
	export AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1 AFL_QUIET=1
	export AFL_FAST_CAL=1 AFL_DISABLE_TRIM=1 AFL_FORKSRV_INIT_TMOUT=20000
	export AFL_CUSTOM_MUTATOR_LIBRARY=$root/build/release/afl_mutator.so AFL_CUSTOM_MUTATOR_ONLY=1
}

# afl_learn <seeds> <instance directory>: for SHOOTDOWN_LEARN. From nothing, every
# input is new at first, and each of these costs afl-fuzz four executions; so the
# first inputs only teach what is common. Seeds, or a queue, teach that by being there.
afl_learn() {
	local seeds_given=("$1"/*)
	if [ ${#seeds_given[@]} -gt 1 ] || [ -e "$2/queue" ]; then echo 0; else echo 128; fi
}

cpus() { nproc 2>/dev/null || echo 1; }

# seconds 90 | 90s | 10m | 8h: plain seconds, or nothing if it is none of these
seconds() {
	local n=${1%[smh]} unit=${1##*[0-9]}
	case $n in
	"" | *[!0-9]* | ?????????*) return 1 ;;
	esac
	case $unit in
	"" | s) echo $((10#$n)) ;;
	m) echo $((10#$n * 60)) ;;
	h) echo $((10#$n * 3600)) ;;
	*) return 1 ;;
	esac
}

clock() { # clock <seconds>: 1:02:03
	printf '%d:%02d:%02d' $(($1 / 3600)) $(($1 / 60 % 60)) $(($1 % 60))
}

# configure <preset> <log>: where the compiler of a preset has changed, CMake drops the cache and with it
# all else that the preset said. So it is told once more.
configure() {
	cmake --preset "$1" && { ! grep -q "require your cache to be deleted" "$2" || cmake --preset "$1"; }
}

# build <preset> [target...]: configures and builds it; on failure shows the end of the log.
build() {
	local log=build/$1.log preset=$1
	shift
	mkdir -p build
	if ! { configure "$preset" "$log" &&
		cmake --build --preset "$preset" -j "${jobs:-$(cpus)}" ${1:+--target "$@"}; } \
		</dev/null >"$log" 2>&1; then
		tail -n 40 "$log" >&2
		return 1
	fi
}

# lane <release|asan|tsan>: the command of that build, for real threads. Older TSan runtimes want a fixed layout.
lane() {
	case $1 in
	tsan) echo "setarch -R $root/build/tsan/shootdown" ;;
	*) echo "$root/build/$1/shootdown" ;;
	esac
}

# median: of the numbers on stdin, one a line
median() {
	sort -n | awk '{v[NR] = $1} END {if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'
}
