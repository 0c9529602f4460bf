# data: generated
import xarray as xr

ds = xr.open_dataset("made/integers.nc")
xr.concat([ds.i1, ds.u1, ds.i4], "time").to_netcdf("ints.nc")
xr.concat([ds.flag, ds.flag.isel(time=slice(3, 9))], "time").to_netcdf("flags.nc")
xr.concat([ds.u2 / 3, ds.i2], dim="k").to_netcdf("mixed.nc")
xr.concat([ds.u4, ds.i8], dim="x").max("x").to_netcdf("wide.nc")
