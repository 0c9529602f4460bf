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

foreach(lint layers functions format selftest)
  ama_python_test(lint_${lint} lint 60 lint/${lint}.py)
endforeach()
