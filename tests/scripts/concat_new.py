# data: generated
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
stats = [ds.tas.min("time"), ds.tas.mean("time"), ds.tas.max("time")]
kind = xr.DataArray(["low", "mean", "high"], dims="kind", name="kind", attrs={"note": "of the time axis"})
xr.concat(stats, dim=kind).to_netcdf("kinds.nc")
xr.concat(stats, dim="number").sum("number").to_netcdf("sum.nc")
pair = xr.concat([ds, ds * 2], dim="member")
pair.mean("time").to_netcdf("pair.nc")
pair.tas.isel(time=slice(5, 60)).to_netcdf("members.nc")
xr.concat([ds.tas, ds.tas.transpose("lon", "lat", "time")], [10, 20]).isel(time=[3, 700]).to_netcdf("turned.nc")
