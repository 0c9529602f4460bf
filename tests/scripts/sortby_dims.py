# data: generated
# exact
import xarray as xr

# loaded first: the lazy backend of xarray 2023.01 is one off with negative steps
ds = xr.open_dataset("made/daily.nc").load()
ds.sortby("lat").to_netcdf("sorted_already.nc")
ds.sortby("lat", ascending=False).to_netcdf("flipped.nc")
north = ds.isel(lat=slice(None, None, -1))
north.sortby("lat").to_netcdf("flipped_back.nc")
north.tas.sortby(["lat", "time"], ascending=False).mean("lon").to_zarr("both.zarr")
west = ds.assign_coords(lon=(((ds.lon + 180) % 360) - 180))
west.sortby("lon").to_netcdf("west.nc")
west.tas.sortby("lon").sel(lon=slice(-60, 60)).mean("time").to_netcdf("atlantic.nc")
west.sortby(["lon", "lat"], ascending=False).tas.isel(time=slice(0, 90)).to_zarr("turned.zarr")
