# data: generated
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
area = xr.open_dataset("made/area.nc")
xr.merge([ds.tas.mean("time"), area, ds.pr.max("time")]).to_netcdf("all.nc")
area.merge(ds.pr.std("time").rename("spread")).to_netcdf("method.nc")
low, high = ds.tas.min("time").rename("low"), ds.tas.max("time").rename("high")
both = xr.merge([low, high], combine_attrs="drop_conflicts")
(both.high - both.low).to_netcdf("range.nc")
left, right = xr.open_dataset("made/left.nc"), xr.open_dataset("made/right.nc").rename(t="u")
xr.merge([left, right], join="outer").to_netcdf("outer.nc")
xr.merge([left, right], join="inner", compat="no_conflicts").to_netcdf("inner.nc")
xr.merge([right, left, left * 2], join="left").to_netcdf("left.nc")
year = xr.open_dataset("made/tas_1990.nc")
year.merge(year.tas.max("time").rename("peak"), combine_attrs="drop").isel(lat=2).to_netcdf("unlimited.nc")
