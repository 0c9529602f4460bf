# data: generated
import xarray as xr

ds = xr.open_dataset("made/bounds.nc")
early, late = ds.isel(time=slice(0, 10)), ds.isel(time=slice(10, None))
xr.concat([late, early], "time", combine_attrs="drop_conflicts").to_netcdf("late.nc")
xr.concat([ds, ds.assign_coords(height=5.0)], dim="run", coords="all").isel(time=3).to_netcdf("runs.nc")
xr.concat([ds, ds], dim="run", data_vars=["tas"], coords=["height"]).isel(time=3).to_netcdf("named.nc")
left, right = xr.open_dataset("made/left.nc").t, xr.open_dataset("made/right.nc").t
xr.concat([left, right], dim="side", join="inner").to_netcdf("inner.nc")
xr.concat([left, right.transpose("lat", "lon").sel(lon=left.lon[2:12])], dim="lat", join="inner").to_netcdf("grown.nc")
xr.concat([left, right], dim="side", join="outer").to_netcdf("outer.nc")
xr.concat([right, left * 2, right], dim="side", join="left").mean("side").to_netcdf("left.nc")
