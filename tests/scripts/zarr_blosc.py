# data: generated
import xarray as xr

xr.open_zarr("made/blosc_lz4.zarr").tas.mean("time").to_netcdf("a.nc")
xr.open_zarr("made/blosc_zstd_bit.zarr").tas.mean("time").to_netcdf("b.nc")
xr.open_zarr("made/blosc_lz_none.zarr").tas.mean("time").to_netcdf("c.nc")
xr.open_zarr("made/blosc_zlib.zarr").tas.mean("time").to_netcdf("d.nc")
