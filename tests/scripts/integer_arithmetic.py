# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/integers.nc")
(ds.i4 + ds.i1).to_netcdf("add.nc")
(ds.i8 * 2 - ds.u1).to_netcdf("mix.nc")
(ds.i4 / ds.i8).to_netcdf("div.nc")
(ds.i4 // 7 + ds.i4 % 7).to_netcdf("floor.nc")
