#!/bin/sh
# Installs the build given as $1, then builds and runs a program against it: by pkg-config and by the CMake package.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$here/../../jobscripts/mpi_env.sh"
cmake --install "$1" --prefix "$work/prefix" >/dev/null
libdir=$(dirname "$(find "$work/prefix" -name 'libamasia.so' | head -1)")
export PKG_CONFIG_PATH="$libdir/pkgconfig" LD_LIBRARY_PATH="$libdir"
printf 'netcdf a { dimensions: n = 4; variables: double x(n); data: x = 1, 2, 3, 6; }\n' | ncgen -k nc4 -o "$work/a.nc" -
mpicc "$here/model.c" $(pkg-config --define-variable=prefix="$work/prefix" --cflags --libs amasia) -o "$work/by_pkg_config"
"$work/by_pkg_config" "$work/a.nc" "$work/one.nc"
ncdump -v x "$work/one.nc" | grep -q 'x = 3 ;'
cmake -S "$here" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
cmake --build "$work/build" >/dev/null
mpirun -n 2 "$work/build/model" "$work/a.nc" "$work/two.nc"
ncdump -v x "$work/two.nc" | grep -q 'x = 3 ;'
if "$work/by_pkg_config" "$work/none.nc" "$work/three.nc" 2>"$work/error"; then exit 1; fi
grep -q 'none.nc' "$work/error"
test ! -e "$work/three.nc"
echo "the installed library works by pkg-config and by the CMake package"
