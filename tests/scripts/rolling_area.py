# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas.isel(time=slice(60))
tas.rolling(lat=3, lon=5, center=True, min_periods=4).mean().to_netcdf("mean.nc")
tas.rolling(lat=2, lon=3).max().to_netcdf("max.nc")
tas.rolling(time=4, lon=3, center={"lon": True}, min_periods=6).sum().to_netcdf("sum.nc")
tas.rolling(time=4, lat=3, min_periods=2).count().to_netcdf("count.nc")
