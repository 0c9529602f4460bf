# data: generated
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
days = [ds.isel(time=5), ds.isel(time=3), ds.isel(time=760)]
xr.concat(days, dim="time").to_netcdf("days.nc")
xr.concat([ds.tas.sel(lat=-12), ds.tas.sel(lat=36)], dim="lat").isel(time=slice(10, 30)).to_netcdf("lats.nc")
xr.concat([days[0].tas, days[2].tas], "time", combine_attrs="drop").sum("time").to_netcdf("sum.nc")
print(xr.concat(days, "time").time.values)
