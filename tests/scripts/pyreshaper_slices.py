# data: real
import xarray as xr

ds = xr.open_mfdataset("data/series/pyreshaper/input*.nc", decode_times=False)
ds.tsvar0.mean(["lat", "lon"]).to_netcdf("series.nc")
ds.tsvar1.to_netcdf("tsvar1.nc")
