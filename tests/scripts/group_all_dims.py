# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.groupby("time.month").mean(...).to_netcdf("all.nc")
tas.groupby("time.month").sum(["time", "lat"]).to_netcdf("two.nc")
