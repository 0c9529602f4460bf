# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/cal_360_day.nc").load()
mixed = ds.isel(time=[7, 3, 900, 3, 0, 1099, 42])
mixed.sortby("time").to_netcdf("mixed.nc")
mixed.t.sortby("time", ascending=False).to_netcdf("mixed_back.nc")
xr.concat([ds.isel(time=slice(600, None)), ds.isel(time=slice(600))], "time").sortby("time").to_netcdf("joined.nc")
seasons = xr.open_dataset("made/tas_1992.nc").load()
seasons.sortby("time.season").to_netcdf("seasons.nc")
seasons.tas.sortby([seasons.time.dt.day, seasons.time.dt.month]).max(["lat", "lon"]).to_netcdf("days.nc")
