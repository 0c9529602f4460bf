# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.groupby("time.week").mean("time").to_netcdf("week.nc")
xr.open_dataset("made/cal_standard.nc").t.groupby("time.is_leap_year").mean("time").to_netcdf("leap.nc")
