# data: real
import xarray as xr

ds = xr.open_dataset("data/model/ci_test_file.nc")
ds.U.mean("Time").to_netcdf("u.nc")
ds.V.isel(bottom_top=3, south_north_stag=slice(1, None)).max("Time").to_netcdf("v.nc")
