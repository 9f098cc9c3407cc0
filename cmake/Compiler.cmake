# SPDX-License-Identifier: MIT
# Language level, warnings, sanitizers and link-time optimisation, for all code.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# Position independent and hidden: the same objects serve the binary and the
# mutator that afl-fuzz loads, at the cost of neither.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
# Assertions stay: they are part of the documentation. The line tables cost nothing.
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
set(CMAKE_C_FLAGS_DEBUG "-O0 -g")
# For the loop of edit, build, run: a file compiles and the binary links in a moment.
set(CMAKE_C_FLAGS_QUICK "-O1")
if(CMAKE_BUILD_TYPE STREQUAL "Quick")
	# Archives that name their objects instead of copying them.
	set(CMAKE_C_ARCHIVE_CREATE "<CMAKE_AR> qcT <TARGET> <OBJECTS>")
	set(CMAKE_C_ARCHIVE_FINISH "")
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wcast-align -Werror)
# The same arithmetic in every build: a schedule found here must replay there.
add_compile_options(-ffp-contract=off)

if(SHOOTDOWN_SANITIZE)
	add_compile_options(-fsanitize=${SHOOTDOWN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
	add_link_options(-fsanitize=${SHOOTDOWN_SANITIZE})
endif()
if(SHOOTDOWN_SANITIZE MATCHES "address" AND CMAKE_C_COMPILER_ID STREQUAL "Clang")
	# No fake stacks, so a local variable that is used after its function has
	# returned is not seen. An execution may abandon a fiber in the middle of
	# its body, and the sanitizer has no call that gives back the fake stack of
	# a fiber that never runs again.
	add_compile_options(-fsanitize-address-use-after-return=never)
endif()
if(SHOOTDOWN_TSAN_FIBERS)
	add_compile_definitions(SHOOTDOWN_TSAN_FIBERS=1)
endif()
if(SHOOTDOWN_COVERAGE)
	add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
	add_link_options(-fprofile-instr-generate)
endif()

# gcc links its own objects with any linker; clang 14 wants lld beside it.
set(plain OFF)
if(SHOOTDOWN_LTO AND SHOOTDOWN_FUZZ STREQUAL "off" AND NOT SHOOTDOWN_SANITIZE MATCHES "thread"
   AND NOT SHOOTDOWN_COVERAGE AND CMAKE_BUILD_TYPE STREQUAL "Release")
	set(plain ON)
endif()
if(CMAKE_C_COMPILER_ID STREQUAL "Clang" AND (plain OR CMAKE_BUILD_TYPE STREQUAL "Quick"))
	string(REGEX MATCH "^[0-9]+" major ${CMAKE_C_COMPILER_VERSION})
	find_program(SHOOTDOWN_LLD NAMES ld.lld-${major} ld.lld)
	if(SHOOTDOWN_LLD)
		add_link_options(-fuse-ld=${SHOOTDOWN_LLD})
		# the check below links too, and knows no link options
		set(CMAKE_EXE_LINKER_FLAGS "${CMAKE_EXE_LINKER_FLAGS} -fuse-ld=${SHOOTDOWN_LLD}")
	endif()
endif()
if(plain)
	include(CheckIPOSupported)
	check_ipo_supported(RESULT SHOOTDOWN_IPO OUTPUT why LANGUAGES C)
	if(SHOOTDOWN_IPO)
		set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
		if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
			# CMake means ThinLTO; the whole-program kind is a tenth faster here.
			set(CMAKE_C_COMPILE_OPTIONS_IPO -flto=full)
			# A return behind a point is predicted wrongly (model/sched/sched_inline.h):
			# so functions that are marked inline are, even if they are not small.
			if(SHOOTDOWN_LLD)
				add_link_options(-Wl,-mllvm,-inlinehint-threshold=2000)
			endif()
		endif()
		if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
			add_link_options(-flto=auto)
		endif()
	else()
		message(STATUS "no link-time optimisation: ${why}")
	endif()
endif()
