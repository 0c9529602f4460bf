# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.tas.min("time").to_netcdf("low.nc")
ds.tas.max("time", skipna=False).to_netcdf("high.nc")
ds.max(["time", "lon"]).to_netcdf("both.nc")
