# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.diff("time", n=2, label="lower").to_netcdf("second.nc")
ds.tas.diff("time", 3, label="lower").to_netcdf("third.nc")
ds.tas.diff("time", 0, label="lower").diff("lat", 2, label="lower").max("time").to_netcdf("lat.nc")
i = xr.open_dataset("made/integers.nc").drop_vars("flag")
i.diff("x", 4, label="lower").to_netcdf("integers.nc")
