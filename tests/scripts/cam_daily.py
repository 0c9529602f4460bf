# data: real
import xarray as xr

ts = xr.open_dataset("data/grid/atm.20C.hourly6-1990-1995-TS.nc").TS
part = ts.sel(time=slice("1992-02", "1992-03"), member_id=slice(3, 6))
part.resample(time="D").mean().to_netcdf("daily.nc")
part.resample(time="12h").max().to_netcdf("half.nc")
