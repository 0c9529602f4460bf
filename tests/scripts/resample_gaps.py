# data: generated
import xarray as xr

ds = xr.open_dataset("made/gappy.nc")
ds.t.resample(time="MS").mean().to_netcdf("mean.nc")
ds.t.resample(time="MS").sum().to_netcdf("sum.nc")
ds.n.resample(time="MS").max().to_netcdf("max.nc")
