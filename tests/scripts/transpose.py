# data: generated
# exact
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.transpose("lon", "time", "lat").to_netcdf("order.nc")
tas.max("time").transpose().to_netcdf("turned.nc")
tas.transpose("lat", ...).isel(time=slice(0, 20)).to_netcdf("rest.nc")
