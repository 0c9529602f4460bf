# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
area = xr.open_dataset("made/area.nc").area
(area * ds.tas.isel(time=slice(0, 9))).to_netcdf("front.nc")
(ds.tas.isel(lon=2) * area).to_netcdf("back.nc")
