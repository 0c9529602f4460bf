# data: real
import xarray as xr

ts = xr.open_dataset("data/grid/atm.20C.hourly6-1990-1995-TS.nc").TS
ts.resample(time="MS").mean().to_netcdf("monthly.nc")
ts.isel(member_id=0).groupby("time.hour").mean("time").to_netcdf("hour.nc")
