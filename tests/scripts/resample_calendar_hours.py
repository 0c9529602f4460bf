# data: generated
import xarray as xr

t = xr.open_dataset("made/cal_julian.nc").t.isel(time=slice(80, 120))
t.resample(time="D").mean().to_netcdf("day.nc")
t.resample(time="48h").sum().to_netcdf("two.nc")
