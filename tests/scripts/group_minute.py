# data: generated
import xarray as xr

t = xr.open_dataset("made/minutely.nc").t
t.groupby("time.minute").mean("time").to_netcdf("minute.nc")
s = xr.open_dataset("made/secondly.nc").t
s.groupby("time.second").sum("time").to_netcdf("second.nc")
