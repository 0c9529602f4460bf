# data: generated
# exact
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.sel(lat=0, drop=True).to_netcdf("drop.nc")
tas.isel(lon=3, drop=True).max("time").to_netcdf("max.nc")
