# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/integers.nc")
ds.sum("time").to_netcdf("sum.nc")
ds.drop_vars("flag").min("x").to_netcdf("min.nc")
ds[["i1", "u2", "i8"]].prod("x").to_netcdf("prod.nc")
