# data: real
# exact
import xarray as xr

ds = xr.open_dataset("data/grid/sst.mnmean.nc")
kelvin = ds.sst + 273.15
kelvin.sel(lat=slice(30, -30), lon=slice(120, 280)).to_netcdf("tropics.nc")
kelvin.sel(lat=[0, 41], lon=[0.4, 359], method="nearest").to_netcdf("points.nc")
