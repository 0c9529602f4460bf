# data: generated
# exact
import xarray as xr

a = xr.open_dataset("made/left.nc").t
b = xr.open_dataset("made/right.nc").t
(a - b).to_netcdf("diff.nc")
(b + a).to_netcdf("sum.nc")
