# data: generated
import xarray as xr

a = xr.open_dataset("made/cal_all_leap.nc").t
a.groupby("time.month").mean("time").to_netcdf("all.nc")
b = xr.open_dataset("made/cal_366_day.nc").t
b.sel(time="2001-02").to_netcdf("feb.nc")
c = xr.open_dataset("made/cal_365_day.nc").t
c.groupby("time.dayofyear").max("time").to_netcdf("doy.nc")
