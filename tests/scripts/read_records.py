# data: generated
import xarray as xr

ds = xr.open_dataset("made/records.nc")
ds.tas.resample(time="D").mean().to_netcdf("day.nc")
ds.odd.sum("k").to_netcdf("odd.nc")
ds.isel(time=slice(3, 40, 4)).to_netcdf("copy.nc")
