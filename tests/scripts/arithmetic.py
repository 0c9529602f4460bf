# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
celsius = ds.tas - 273.15
(-celsius).to_netcdf("minus.nc")
(2 * ds.tas / 3 + 1).to_netcdf("linear.nc")
(ds.tas ** 2).to_netcdf("square.nc")
