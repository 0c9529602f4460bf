# data: generated
import xarray as xr

j = xr.open_dataset("made/cal_julian.nc").t
j.groupby("time.season").mean("time").to_netcdf("season.nc")
j.resample(time="MS").mean().to_netcdf("month.nc")
