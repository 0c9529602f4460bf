# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas.astype("f8")
tas.rolling(time=10).std().to_netcdf("std.nc")
tas.rolling(time=9, center=True, min_periods=2).var(ddof=1).to_netcdf("var.nc")
