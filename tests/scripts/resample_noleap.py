# data: generated
import xarray as xr

t = xr.open_dataset("made/cal_noleap.nc").t
t.resample(time="MS").mean().to_netcdf("ms.nc")
t.resample(time="QS-DEC").mean().to_netcdf("season.nc")
t.resample(time="YE").max().to_netcdf("ye.nc")
