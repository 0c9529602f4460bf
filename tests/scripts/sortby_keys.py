# data: generated
# exact
import numpy as np
import xarray as xr

ds = xr.open_dataset("made/daily.nc").isel(time=slice(100)).load()
month = ds.time.dt.month
ds.sortby("time.month").to_netcdf("months.nc")
ds.tas.sortby([month, ds.time], ascending=False).to_netcdf("months_back.nc")
few = ds.isel(lon=slice(6))
key = xr.DataArray([2.0, np.nan, -0.0, 0.0, np.nan, 2.0], dims="lon", coords={"lon": few.lon}, name="key")
few.sortby(key).to_netcdf("gaps.nc")
few.sortby(key, ascending=False).to_netcdf("gaps_back.nc")
few.sortby(["time", key], ascending=False).to_netcdf("two_dims.nc")
few.tas.sortby(key.isel(lon=[5, 2, 1])).to_netcdf("lacking.nc")
names = few.assign_coords(name=("lon", ["delta", "Alpha", "beta", "alpha", "beta", "Ångström"]))
names.sortby("name").lon.to_netcdf("names.nc")
names.tas.sortby(["name", "lon"], ascending=False).drop_vars("name").to_netcdf("names_back.nc")
bare = xr.DataArray([3, 1, 2, 1, 3, 2], dims="lon")
few.sortby([bare, key]).to_netcdf("bare.nc")
few.drop_vars("lon").sortby(["lon"], ascending=False).to_netcdf("positions.nc")
large = xr.DataArray([-5, 1, -1, 0, -9, 7], dims="lon").astype("uint64")
few.sortby(large).to_netcdf("large.nc")
few.sortby(few.tas.max(["time", "lat"])).to_netcdf("computed.nc")
few.sortby(few.lon > 100).to_netcdf("flags.nc")
