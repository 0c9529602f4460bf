# data: generated
import xarray as xr

t = xr.open_dataset("made/long.nc").t
total = t.cumsum("time")
total.to_netcdf("total.nc")
(total - total.isel(time=-1)).sel(y=slice(3, 8)).to_netcdf("left.nc")
total.max("time").to_netcdf("most.nc")
total.mean(["y", "x"]).to_netcdf("mean.nc")
