# SPDX-License-Identifier: MIT
# What may kill a mutant, cheap ones first. Sourced by the script run.
# shellcheck shell=bash disable=SC2034,SC2154

# With $quick, only the cheapest. Sets $killer, $detail and $timed_out, and fails, at the first that notices.
hunt_budget=300000   # executions, clean, all profiles in turn
short_budget=20000   # where they are slow
# The first is a killer of its own. The others look at scripts, pages and speed, or run real threads under a clock.
tests_never='steps|bench|docs|scripts|trace_compilers|stress_cli'
tests_slow='cli|minimize|stress|alloc_fail|any_input|sched_free|case_binary|rebuild'

# Four builds: plain, with sanitizers, with the race detector on fibers, and with it on threads.
killers_configure() { # killers_configure <job directory>
	local common=(-S "$1/src" -G Ninja -DCMAKE_C_COMPILER=clang-14 -DCMAKE_BUILD_TYPE=Mutant -DSHOOTDOWN_LTO=OFF
		-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld-14)
	cmake -B "$1/plain" "${common[@]}" "-DCMAKE_C_FLAGS_MUTANT=-O2 -w" &&
		cmake -B "$1/asan" "${common[@]}" "-DCMAKE_C_FLAGS_MUTANT=-O1 -w" -DSHOOTDOWN_SANITIZE=address,undefined &&
		cmake -B "$1/race" "${common[@]}" "-DCMAKE_C_FLAGS_MUTANT=-O2 -w" -DSHOOTDOWN_SANITIZE=thread \
			-DSHOOTDOWN_TSAN_FIBERS=ON &&
		cmake -B "$1/threads" "${common[@]}" "-DCMAKE_C_FLAGS_MUTANT=-O1 -w" -DSHOOTDOWN_SANITIZE=thread
}

killers_build() { # killers_build <job directory>
	ninja -C "$1/plain" && ninja -C "$1/asan" shootdown_bin && ninja -C "$1/race" shootdown_bin &&
		ninja -C "$1/threads" tests/test_sched_free
}

# attempt <killer> <seconds> <command>...: does it pass? The time is a limit for what never ends.
attempt() {
	local rc limit=$2
	killer=$1
	shift 2
	(
		ulimit -c 0 -f 4000000
		cd "$job_out" || exit 3 # a case that is kept lands here
		exec timeout -k 5 "$limit" "$@"
	) </dev/null >"$job_log" 2>&1
	rc=$?
	timed_out=no
	[ $rc -ne 0 ] || return 0
	[ $rc -ne 124 ] && [ $rc -ne 137 ] || timed_out=yes
	return 1
}

# The line that says most.
why() { # why <pattern>
	detail=$(sed -n "s|$job_src/||g; s|$job_out/||g; s|^ *||; p" "$job_log" | { grep -a -m 1 -E "$1" || true; })
	[ -n "$detail" ] || detail=$(tail -n 1 "$job_log")
	detail=${detail:-no output}
	detail=${detail:0:160}
}

replays() { # replays <killer> <limit> <binary>
	local corpus=("$job_src"/corpus/*.sd "$job_src"/corpus/bugs/*.sd)
	attempt "$1" "$2" "${@:3}" replay "${corpus[@]}" &&
		attempt "$1" "$2" "${@:3}" replay --without-bug "$job_src"/corpus/bugs/*.sd ||
		{
			grep -a -v 'as expected' "$job_log" >"$job_log.rest"
			mv "$job_log.rest" "$job_log"
			why '.'
			return 1
		}
}

hunts() { # hunts <killer> <limit> <budget> <binary>
	attempt "$1" "$2" "${@:4}" hunt --clean --budget "$3" --seed 1 -o "$job_out" ||
		{
			why '^(signature|defect)|Assertion|Sanitizer'
			return 1
		}
}

# targets <build> <names> <excluded>: the test programs among them
targets() {
	local f
	for f in "$job_src"/tests/test_*.c; do
		f=${f##*/test_} f=${f%.c}
		[[ ! $f =~ ^($2)$ ]] || [[ $f =~ ^($3)$ ]] || ! grep -q "^build tests/test_$f:" "$1/build.ninja" || echo "tests/test_$f"
	done
}

unit_tests() { # unit_tests <killer> <limit> <build> <names> <excluded> <ctest options>...
	# shellcheck disable=SC2046
	attempt "$1" 600 ninja -C "$3" $(targets "$3" "$4" "$5") || { # a test does not even link
		why 'error'
		return 1
	}
	attempt "$1" "$2" ctest --test-dir "$3" -R "^test_($4)\$" -E "^test_($5)\$" \
		--timeout 60 "${@:6}" || {
		detail=$(grep -a -E '^\s+[0-9]+ - ' "$job_log" | awk '{ print $3, $4 }' | head -n 1)
		[ -n "$detail" ] || why '\*\*\*'
		return 1
	}
}

real_threads() {
	attempt build 600 ninja -C "$threads" tests/test_sched_free || { why error; return 1; }
	attempt threads 60 setarch -R "$threads/tests/test_sched_free" || { why 'SUMMARY|LINE|FAILED'; return 1; }
}

killers_run() { # killers_run <job directory>
	local job_src=$1/src job_log=$1/kill.log job_out=$1/out plain=$1/plain asan=$1/asan race=$1/race threads=$1/threads
	mkdir -p "$job_out"
	timed_out=no
	attempt build 600 ninja -C "$plain" shootdown_bin || { why error; return 1; }
	replays corpus 20 "$plain/shootdown" || return 1
	[ -z "${try_first-}" ] || unit_tests tests 90 "$plain" "$try_first" "$tests_never" --stop-on-failure || return 1
	if [[ ${try_first-} =~ sched_free ]]; then
		real_threads || return 1
	fi
	hunts hunt 60 $short_budget "$plain/shootdown" || return 1
	attempt bugs 60 "$plain/shootdown" hunt --all --budget $short_budget --seed 1 -o "$job_out" || {
		why 'not found|defect|Assertion'
		return 1
	}
	hunts hunt 120 $hunt_budget "$plain/shootdown" || return 1
	unit_tests tests 300 "$plain" '.*' "$tests_never|$tests_slow" --stop-on-failure || return 1
	killer=- detail=-
	[ "$quick" = no ] || return 0
	unit_tests tests 300 "$plain" "$tests_slow" "$tests_never" --repeat until-pass:2 || return 1
	attempt build 600 ninja -C "$asan" shootdown_bin || { why error; return 1; }
	replays asan 60 "$asan/shootdown" || return 1
	hunts asan 120 $short_budget "$asan/shootdown" || return 1
	unit_tests asan 300 "$asan" '(hw|dev|dma|drv|mm|mem|oracle|watch|sched)(_.*)?' "$tests_never|$tests_slow" --stop-on-failure || return 1
	attempt build 600 ninja -C "$race" shootdown_bin || { why error; return 1; }
	replays race 60 setarch -R "$race/shootdown" || return 1
	hunts race 120 $short_budget setarch -R "$race/shootdown" || return 1
	[ "$group" = referee ] || {
		killer=- detail=-
		return 0
	}
	real_threads || return 1
	attempt steps 600 "$plain/tests/test_steps" || { why 'NOT FOUND|excused'; return 1; }
	killer=- detail=-
}
