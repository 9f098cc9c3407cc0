# SPDX-License-Identifier: MIT
# The fuzz target, with all code instrumented for coverage. The mutator sits
# behind LLVMFuzzerCustomMutator for libFuzzer and in afl_mutator.so (built by
# the release preset) for AFL++.
if(NOT EXISTS ${CMAKE_SOURCE_DIR}/fuzz/fuzz_shootdown.c)
	return()
endif()

add_executable(fuzz_shootdown fuzz/fuzz_shootdown.c)
target_link_libraries(fuzz_shootdown PRIVATE mutate engine)
if(SHOOTDOWN_FUZZ STREQUAL "libfuzzer")
	# Edge counters only. -fsanitize=fuzzer-no-link would also trace comparisons,
	# for libFuzzer's own mutator, which is not used here: 2.5 times slower for
	# nothing.
	foreach(part model engine)
		get_property(scope GLOBAL PROPERTY scope_of_${part})
		target_compile_options(${part} ${scope} -fsanitize-coverage=inline-8bit-counters,pc-table)
	endforeach()
	target_link_options(fuzz_shootdown PRIVATE -fsanitize=fuzzer)
else()
	# afl-clang-fast instruments by itself and brings the driver's main().
	target_link_options(fuzz_shootdown PRIVATE -fsanitize=fuzzer)
endif()
