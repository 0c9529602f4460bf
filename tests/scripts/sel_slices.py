# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.tas.sel(lat=slice(-30, 50), lon=slice(20, 200)).to_netcdf("box.nc")
ds.pr.sel(time=slice("2001-06-15", "2001-09"), lat=slice(None, 0)).to_netcdf("summer.nc")
ds.tas.sel(time=slice("2002", None, 10)).to_netcdf("tenth.nc")
