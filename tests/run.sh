#!/bin/sh
# All the tests on a fresh Debian 12 machine: packages, a build with ASan and UBSan and its tests, then the plain build
# and the whole suite; ends with ctest's own summary. Build trees: build/sanitize and build/test.
set -eu
cd "$(dirname "$0")/.."
jobs=${AMA_JOBS:-$(nproc)}
sh jobscripts/setup.sh packages test
. jobscripts/mpi_env.sh

build() {
    tree=$1
    shift
    cmake -G Ninja -S . -B "$tree" -DAMA_TESTS=ON "$@"
    cmake --build "$tree"
}

build build/sanitize -DCMAKE_BUILD_TYPE=RelWithDebInfo -DAMA_SANITIZE=ON
(cd build/sanitize && ctest --output-on-failure -j "$jobs" -LE "slow|bench")
build build/test
cd build/test
exec ctest --output-on-failure -j "$jobs" -LE "slow|bench"
