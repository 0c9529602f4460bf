# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.diff("time").to_netcdf("first.nc")
ds.tas.diff("time", 2).to_netcdf("second.nc")
ds.diff("time", label="lower").to_netcdf("lower.nc")
ds.tas.diff("lon").max("time").to_netcdf("steepest.nc")
i = xr.open_dataset("made/integers.nc").drop_vars("flag")
i.diff("x").to_netcdf("integers.nc")
