# data: generated
import xarray as xr

ds = xr.open_dataset("made/daily.nc").isel(lat=slice(0, 3))
ds.resample(time="QS-MAR").count().to_netcdf("count.nc")
(ds.tas > 280).resample(time="MS").any().to_netcdf("any.nc")
ds.pr.resample(time="ME").prod().to_netcdf("prod.nc")
