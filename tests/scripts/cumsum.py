# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.cumsum("time").to_netcdf("time.nc")
tas.cumsum("lon", skipna=False).to_netcdf("lon.nc")
tas.isel(time=slice(3, 400, 7)).cumsum().to_netcdf("all.nc")
tas.transpose("lon", "time", "lat").cumsum(["lat", "time"]).to_netcdf("turned.nc")
