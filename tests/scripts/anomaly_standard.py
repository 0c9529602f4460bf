# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
gb = tas.groupby("time.month")
(gb - gb.mean("time")).groupby("time.month").std("time").to_netcdf("std.nc")
z = (gb - gb.mean("time")).groupby("time.month") / gb.std("time")
z.to_netcdf("z.nc")
