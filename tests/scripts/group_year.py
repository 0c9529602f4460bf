# data: generated
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.groupby("time.year").mean("time").to_netcdf("mean.nc")
ds.tas.groupby("time.year").sum("time", min_count=300).to_netcdf("sum.nc")
