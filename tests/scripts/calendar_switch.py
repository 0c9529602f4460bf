# data: generated
import xarray as xr

t = xr.open_dataset("made/cal_switch.nc").t
t.groupby("time.month").mean("time").to_netcdf("month.nc")
t.sel(time="1582-10").to_netcdf("october.nc")
