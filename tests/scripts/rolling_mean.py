# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.rolling(time=5).mean().to_netcdf("ending.nc")
tas.rolling(time=30, center=True, min_periods=10).mean().to_netcdf("around.nc")
tas.rolling({"lon": 4}, min_periods=1).mean().to_netcdf("lon.nc")
tas.isel(time=slice(None, 40)).rolling(time=60, min_periods=3).mean(keep_attrs=False).to_netcdf("wide.nc")
