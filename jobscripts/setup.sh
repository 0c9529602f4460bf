#!/bin/sh
# All the set-up on a fresh Debian 12 machine: packages, build, example data, and the main job on 2 ranks.
#   setup.sh              everything
#   setup.sh packages     only the packages of the build
#   setup.sh packages test    and those of the tests
set -eu
cd "$(dirname "$0")/.."
build=${AMA_BUILD:-build}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Only what is missing is installed, so that a machine that has it all needs neither network nor rights.
install_packages() {
    missing=
    for p in "$@"; do
        dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q "ok installed" || missing="$missing $p"
    done
    if [ -n "$missing" ]; then
        echo "== packages:$missing"
        as_root apt-get update -q
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
    fi
}

install_packages build-essential cmake ninja-build pkg-config openmpi-bin libopenmpi-dev libhdf5-openmpi-dev \
    libpnetcdf-dev zlib1g-dev libdeflate-dev libisal-dev libzstd-dev liblz4-dev libblosc-dev libjansson-dev libhwloc-dev netcdf-bin
if [ "${2:-}" = test ]; then
    install_packages libcmocka-dev clang-format-14 cdo nco python3 python3-numpy python3-xarray python3-netcdf4 \
        python3-zarr python3-dask python3-cftime python3-scipy python3-h5py python3-bottleneck
fi
[ "${1:-}" = packages ] && exit 0

echo "== build"
cmake -G Ninja -S . -B "$build" -DAMA_TESTS=OFF
cmake --build "$build"

echo "== example data: 32 yearly files of daily temperatures in $build/example/data"
mkdir -p "$build/example/data"
sh jobscripts/example_data.sh "$build/example/data"
cp jobscripts/clim.py "$build/example/"

echo "== the main job on 2 ranks: mpirun -n 2 amasia run clim.py"
. jobscripts/mpi_env.sh
cd "$build/example"
mpirun -n 2 ../amasia run clim.py
../amasia info clim.nc
echo "== done: clim.nc anom.zarr glob.nc are in $build/example, the program is $build/amasia"
