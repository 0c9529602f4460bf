# data: generated
import xarray as xr

g = xr.open_dataset("made/cal_gregorian.nc").t
p = xr.open_dataset("made/cal_proleptic_gregorian.nc").t
(g - p).to_netcdf("zero.nc")
xr.open_dataset("made/cal_standard.nc").t.resample(time="MS").mean().to_netcdf("month.nc")
