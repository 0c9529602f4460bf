# data: generated
import xarray as xr

ds = xr.open_zarr("made/raw.zarr", consolidated=False)
ds.tas.mean("time").to_netcdf("mean.nc")
f = xr.open_zarr("made/raw_f.zarr")
f.tas.mean("time").to_netcdf("f.nc")
f["count"].sum("time").to_netcdf("count.nc")
