# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.coarsen(time=5).median().to_netcdf("five.nc")
ds.tas.coarsen(time=30, boundary="trim", side="right").median().to_netcdf("thirty.nc")
ds.tas.coarsen(time=365, boundary="pad").median().to_netcdf("years.nc")
ds.tas.coarsen(lat=4, boundary="pad", side="right").median(skipna=False).mean("time").to_netcdf("lat.nc")
ds.pr.coarsen(lon=3, boundary="trim", coord_func="median").median().max("time").to_netcdf("lon.nc")
integers = xr.open_dataset("made/integers.nc").drop_vars(["flag", "time"])
integers.coarsen(time=6).median().to_netcdf("integers.nc")
integers.coarsen(time=4, boundary="pad").median(keep_attrs=False).to_netcdf("padded.nc")
(ds.tas.coarsen(time=10).median() - ds.tas.coarsen(time=10).mean()).std("time").to_netcdf("skew.nc")
