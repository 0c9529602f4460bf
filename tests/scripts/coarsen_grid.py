# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas.isel(time=slice(50))
tas.coarsen(lat=3, lon=4, boundary="trim").mean().to_netcdf("mean.nc")
tas.coarsen({"lat": 5, "lon": 3}, boundary={"lat": "trim", "lon": "pad"}, side={"lat": "right", "lon": "left"}).max().to_netcdf("max.nc")
tas.coarsen(lat=2, lon=2, boundary="pad", coord_func={"lat": "min", "lon": "max"}).mean(skipna=False).to_netcdf("strict.nc")
tas.coarsen(time=5, lon=17, coord_func="max").sum(keep_attrs=False).to_netcdf("sum.nc")
tas.coarsen(time=10, lat=13).count().to_netcdf("count.nc")
(tas > 280).coarsen(time=10, lon=17).all().to_netcdf("all.nc")
(tas > 300).coarsen(time=25).any().to_netcdf("any.nc")
tas.astype("f8").coarsen(lat=3, lon=4, boundary="trim").std().to_netcdf("std.nc")
