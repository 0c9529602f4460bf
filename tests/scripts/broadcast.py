# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
zonal = ds.tas.max("lon")
(ds.tas - zonal).to_netcdf("eddy.nc")
(ds.lat * ds.lon).to_netcdf("outer.nc")
