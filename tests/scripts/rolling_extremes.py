# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.rolling(time=7, center=True).max().to_netcdf("max.nc")
ds.tas.rolling(time=6, min_periods=2).min().to_netcdf("min.nc")
ds.tas.rolling(lat=3, center=True, min_periods=1).count().to_netcdf("count.nc")
ds.tas.rolling(time=90, min_periods=80).count().to_netcdf("enough.nc")
