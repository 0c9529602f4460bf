# data: generated
import xarray as xr

a = xr.open_zarr("made/zlib.zarr").tas
b = xr.open_zarr("made/gzip.zarr").tas
a.mean("lat").to_netcdf("a.nc")
b.groupby("time.month").mean("time").to_netcdf("b.nc")
xr.open_zarr("made/shuffle.zarr").tas.max("time").to_netcdf("c.nc")
