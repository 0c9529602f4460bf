# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
x = ds.tas.isel(time=slice(0, 20))
for i in range(30):
    x = x + x
x.to_netcdf("doubled.nc")
y = ds.pr.isel(time=slice(0, 40)).drop_vars("lon")
for i in range(12):
    y = y.isel(lon=slice(1, None)) * 2 - y.isel(lon=slice(None, -1))
y.to_netcdf("differences.nc")
z = ds.tas.astype("f8")
for i in range(6):
    z = (z - z.min("time")) + z * 0.5
z.max(["lat", "lon"]).to_netcdf("levels.nc")
w = ds.lat
for i in range(40):
    w = w * 0.5 + w
w.to_netcdf("labels.nc")
