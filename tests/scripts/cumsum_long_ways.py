# data: generated
import xarray as xr

t = xr.open_dataset("made/long.nc").t
t.isel(time=slice(None, None, -1)).cumsum("time").isel(time=slice(5, 800, 3)).to_netcdf("back.nc")
t.isel(time=slice(11, None)).cumsum("time", skipna=False).to_netcdf("nan.nc")
t.isel(y=[3, 1, 20]).cumsum("time").cumsum("y").to_netcdf("two.nc")
(t.groupby("time.month") - t.groupby("time.month").mean("time")).cumsum("time").to_netcdf("drift.nc")
