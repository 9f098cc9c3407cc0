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
	foreach(part model engine)
		get_property(scope GLOBAL PROPERTY scope_of_${part})
		target_compile_options(${part} ${scope} -fsanitize=fuzzer-no-link)
	endforeach()
	target_link_options(fuzz_shootdown PRIVATE -fsanitize=fuzzer)
else()
	# afl-clang-fast instruments by itself and brings the driver's main().
	target_link_options(fuzz_shootdown PRIVATE -fsanitize=fuzzer)
endif()
