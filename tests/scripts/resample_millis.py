# data: generated
import xarray as xr

t = xr.open_dataset("made/millis.nc").t
t.resample(time="20ms").mean().to_netcdf("ms.nc")
t.isel(time=slice(0, 8)).resample(time="2500us").max().to_netcdf("us.nc")
