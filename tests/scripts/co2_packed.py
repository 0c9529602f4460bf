# data: real
import xarray as xr

ds = xr.open_dataset("data/packed/SMALL_total_column_co2.nc")
ds.tcco2.mean("time").to_netcdf("mean.nc")
ds.tcco2.isel(time=slice(0, 4), latitude=slice(40, 60)).to_netcdf("part.nc")
