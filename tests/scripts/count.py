# data: generated
# exact
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.count("time").to_netcdf("n.nc")
tas.count().to_netcdf("all.nc")
