# data: generated
import xarray as xr

a = xr.open_zarr("made/zstd.zarr").tas
b = xr.open_zarr("made/lz4.zarr", consolidated=False).tas
a.mean("time").to_netcdf("a.nc")
(b - a).max().to_netcdf("zero.nc")
