# data: generated
import xarray as xr

ds = xr.open_dataset("made/area.nc")
print(ds)
print(ds.area.mean("lon"))
ds.area.sum("lat").to_netcdf("sum.nc")
