# SPDX-License-Identifier: MIT
# The fuzz target, with all code instrumented for coverage. The mutator sits
# behind LLVMFuzzerCustomMutator for libFuzzer and in afl_mutator.so (built by
# the release preset) for AFL++.
if(NOT EXISTS ${CMAKE_SOURCE_DIR}/fuzz/fuzz_shootdown.c)
	return()
endif()

if(SHOOTDOWN_FUZZ STREQUAL "libfuzzer")
	# Edge counters only. -fsanitize=fuzzer-no-link would also trace comparisons,
	# for libFuzzer's own mutator, which is not used here: 2.5 times slower for
	# nothing.
	foreach(part model engine)
		get_property(scope GLOBAL PROPERTY scope_of_${part})
		target_compile_options(${part} ${scope} -fsanitize-coverage=inline-8bit-counters,pc-table)
	endforeach()
	add_library(cover OBJECT fuzz/cover_libfuzzer.c)
else()
	# afl-clang-fast instruments by itself and brings the driver's main().
	add_library(cover OBJECT fuzz/cover_afl.c)
	set_target_properties(cover PROPERTIES RULE_LAUNCH_COMPILE "env AFL_NOOPT=1")
endif()
target_include_directories(cover PRIVATE ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/model ${CMAKE_SOURCE_DIR})
# The raw one, without the mutator, is for comparison (experiments/kill-matrix/run).
foreach(target fuzz_shootdown fuzz_shootdown_raw)
	add_executable(${target} fuzz/fuzz_shootdown.c $<TARGET_OBJECTS:cover>)
	target_link_libraries(${target} PRIVATE mutate engine)
	target_link_options(${target} PRIVATE -fsanitize=fuzzer)
endforeach()
target_compile_definitions(fuzz_shootdown_raw PRIVATE FUZZ_RAW=1)
