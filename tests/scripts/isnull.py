# data: generated
# exact
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.isnull().sum("time").to_netcdf("missing.nc")
tas.notnull().all("time").to_netcdf("full.nc")
