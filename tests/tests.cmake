# Tests that are not C programs: lint, and (below) the scripts against the xarray oracle and the bad-input cases.
# The system's Python 3 comes first: it is the one that sees Debian's python3-xarray.
find_program(AMA_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(AMA_PYTHON NAMES python3)
set(AMA_PYTHON_ENV "PYTHONDONTWRITEBYTECODE=1")

function(ama_python_test name labels timeout script)
  add_test(NAME ${name} COMMAND ${AMA_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/${script} ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT ${timeout} SKIP_RETURN_CODE 77
                       ENVIRONMENT "${AMA_MPI_ENV};${AMA_PYTHON_ENV}")
endfunction()

if(AMA_SANITIZE)
  list(APPEND AMA_PYTHON_ENV "ASAN_OPTIONS=detect_leaks=0" "UBSAN_OPTIONS=print_stacktrace=1")   # MPI itself leaks
else()
  foreach(lint layers functions format selftest)
    ama_python_test(lint_${lint} lint 60 lint/${lint}.py)
  endforeach()
endif()

# Scripts against the xarray oracle (run_scripts.py): by default one rank and one other of the 5 x 2 x 2 combinations of
# ranks, threads and budgets for each script, rotating.
# All of them: run_scripts.py --full.
# In the sanitizer build a quarter of the scripts at 1 to 3 ranks.
set(AMA_SCRIPTS_WORK ${CMAKE_BINARY_DIR}/scripts-work)
ama_python_test(scripts_compare script 120 run_scripts.py --self-test)
if(TARGET amasia)
  if(AMA_SANITIZE)
    set(script_parts 12)
    set(script_part_last 2)
    set(script_options --np 1,2,3 --timeout 300)
  else()
    set(script_parts 8)
    set(script_part_last 7)
    set(script_options)
  endif()
  foreach(part RANGE ${script_part_last})
    ama_python_test(scripts_${part} script 1500 run_scripts.py --work ${AMA_SCRIPTS_WORK} --amasia $<TARGET_FILE:amasia>
                    --part ${part}/${script_parts} ${script_options})
    set_tests_properties(scripts_${part} PROPERTIES PROCESSORS 2)
  endforeach()

  # Order statistics made in the other way.
  ama_python_test(scripts_order_counted script 900 run_scripts.py --work ${AMA_SCRIPTS_WORK}-counted
                  --amasia $<TARGET_FILE:amasia> --match ^order_ ${script_options})
  set_property(TEST scripts_order_counted APPEND PROPERTY ENVIRONMENT "AMA_ORDER=count")
  set_tests_properties(scripts_order_counted PROPERTIES PROCESSORS 2)

  # Bad input at 3 ranks: one message, an exit status, no output, no hang.
  execute_process(COMMAND ${AMA_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/cli/bad_input.py --list
                  OUTPUT_VARIABLE bad_inputs OUTPUT_STRIP_TRAILING_WHITESPACE)
  string(REPLACE "\n" ";" bad_inputs "${bad_inputs}")
  foreach(case ${bad_inputs})
    ama_python_test(cli_${case} cli 180 cli/bad_input.py --amasia $<TARGET_FILE:amasia> --work ${CMAKE_BINARY_DIR}/cli-work ${case})
    set_tests_properties(cli_${case} PROPERTIES PROCESSORS 2)
  endforeach()
  add_test(NAME cli_version COMMAND amasia --version)
  set_tests_properties(cli_version PROPERTIES LABELS cli TIMEOUT 20 PASS_REGULAR_EXPRESSION "^amasia [0-9]+\\.[0-9]+")
  ama_python_test(cli_examples cli 300 cli/examples.py --amasia $<TARGET_FILE:amasia> --work ${CMAKE_BINARY_DIR}/cli-work)
  set_tests_properties(cli_examples PROPERTIES PROCESSORS 2)
  if(AMA_SANITIZE) # which want to be preloaded themselves
    set(io_options --np 1,3)
  else()
    set(io_options --preload=$<TARGET_FILE:read_error>)
  endif()
  foreach(path two-phase mpiio library)
    ama_python_test(cli_io_${path} "cli;mpi" 600 cli/io_paths.py --amasia $<TARGET_FILE:amasia> --work ${CMAKE_BINARY_DIR}/cli-work
                    --paths ${path} ${io_options})
    set_tests_properties(cli_io_${path} PROPERTIES PROCESSORS 2)
  endforeach()
  ama_python_test(cli_same_bytes "cli;mpi" 600 cli/same_bytes.py --amasia $<TARGET_FILE:amasia> --work ${CMAKE_BINARY_DIR}/cli-work)
  set_tests_properties(cli_same_bytes PROPERTIES PROCESSORS 2)
  ama_python_test(cli_verify cli 300 cli/verify.py --amasia $<TARGET_FILE:amasia> --work ${CMAKE_BINARY_DIR}/cli-work)
  set_tests_properties(cli_verify PROPERTIES PROCESSORS 2)
  ama_python_test(cli_many_files cli 300 cli/many_files.py --amasia $<TARGET_FILE:amasia> --work ${CMAKE_BINARY_DIR}/cli-work)
  set_tests_properties(cli_many_files PROPERTIES PROCESSORS 2)
  ama_python_test(cli_prefetch cli 300 cli/prefetch.py --amasia $<TARGET_FILE:amasia> --work ${CMAKE_BINARY_DIR}/cli-work)
  set_tests_properties(cli_prefetch PROPERTIES PROCESSORS 2)
  ama_python_test(cli_stats cli 300 cli/stats.py --amasia $<TARGET_FILE:amasia> --work ${CMAKE_BINARY_DIR}/cli-work)
  ama_python_test(cli_memory cli 300 cli/memory.py --amasia $<TARGET_FILE:amasia> --work ${CMAKE_BINARY_DIR}/cli-work)
  set_tests_properties(cli_stats cli_memory PROPERTIES PROCESSORS 2)
  ama_python_test(cli_convert cli 300 cli/convert.py --amasia $<TARGET_FILE:amasia> --work ${CMAKE_BINARY_DIR}/cli-work)
  ama_python_test(cli_resume cli 600 cli/resume.py --amasia $<TARGET_FILE:amasia> --work ${CMAKE_BINARY_DIR}/cli-work)
  set_tests_properties(cli_convert cli_resume PROPERTIES PROCESSORS 2)
  ama_python_test(cli_order_ways "cli;mpi" 600 cli/order_ways.py --amasia $<TARGET_FILE:amasia> --work ${CMAKE_BINARY_DIR}/cli-work)
  set_tests_properties(cli_order_ways PROPERTIES PROCESSORS 2)
  ama_python_test(cli_own_input "cli;mpi" 300 cli/own_input.py --amasia $<TARGET_FILE:amasia> --work ${CMAKE_BINARY_DIR}/cli-work)
  set_tests_properties(cli_own_input PROPERTIES PROCESSORS 2)
  ama_python_test(cli_fold_rows "cli;mpi" 300 cli/fold_rows.py --amasia $<TARGET_FILE:amasia> --work ${CMAKE_BINARY_DIR}/cli-work)
  set_tests_properties(cli_fold_rows PROPERTIES PROCESSORS 2)
  ama_python_test(cli_index_cache cli 300 cli/index_cache.py --amasia $<TARGET_FILE:amasia> --work ${CMAKE_BINARY_DIR}/cli-work/index)
  set_tests_properties(cli_index_cache PROPERTIES PROCESSORS 2)
  foreach(bench "kernels;2" "kernels;0" "other")
    string(REPLACE ";" "_" name "cli_bench_${bench}")
    add_test(NAME ${name} COMMAND amasia-bench ${bench})
    set_tests_properties(${name} PROPERTIES LABELS cli TIMEOUT 120 ENVIRONMENT "${AMA_MPI_ENV}")
  endforeach()
  set_tests_properties(cli_bench_kernels_2 PROPERTIES PASS_REGULAR_EXPRESSION "baseline.*fold mean +f4 +[0-9.]+.*median +f8 +[0-9.]+")
  set_tests_properties(cli_bench_kernels_0 cli_bench_other PROPERTIES PASS_REGULAR_EXPRESSION "^usage: amasia-bench kernels")
  ama_python_test(cli_isa cli 900 cli/isa.py --amasia $<TARGET_FILE:amasia> --work ${AMA_SCRIPTS_WORK})
  set_tests_properties(cli_isa PROPERTIES PROCESSORS 2)
endif()

# What the writers write, read by netCDF4, xarray, zarr, ncdump, h5dump, ncks and cdo.
if(TARGET t530_write_formats)
  ama_python_test(store_oracle "store;mpi" 180 store_oracle.py $<TARGET_FILE:t530_write_formats> ${MPIEXEC_EXECUTABLE})
  set_tests_properties(store_oracle PROPERTIES PROCESSORS 3)
endif()
