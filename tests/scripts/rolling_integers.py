# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/integers.nc").drop_vars("flag")
ds.rolling(time=3).sum().to_netcdf("sum.nc")
ds.rolling(x=2, center=True, min_periods=1).max().to_netcdf("max.nc")
ds.rolling(time=4).min().to_netcdf("min.nc")
ds.rolling(time=2, min_periods=1).count().to_netcdf("count.nc")
