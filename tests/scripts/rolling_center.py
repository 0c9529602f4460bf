# data: generated
import xarray as xr

ds = xr.open_dataset("made/daily.nc").isel(time=slice(50))
ds = ds.assign(zonal=ds.tas.mean("lon"), steady=ds.pr.mean("time"))
ds.rolling({"lat": 4, "lon": 5}, center={"lon": True, "lat": False}, min_periods=3).mean().to_netcdf("east.nc")
ds.rolling(lat=4, lon=5, center={"lat": True, "time": True}, min_periods=3).max().to_netcdf("north.nc")
ds.tas.rolling(time=4, lat=3, lon=2, center={"time": True, "lon": True}, min_periods=5).sum().to_netcdf("both.nc")
ds.tas.rolling(time=6, center={"time": True}).count().to_netcdf("one.nc")
ds.tas.rolling(time=6, min_periods=2, center={}).mean().to_netcdf("none.nc")
