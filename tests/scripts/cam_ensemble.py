# data: real
import xarray as xr

ds = xr.open_dataset("data/grid/atm.20C.hourly6-1990-1995-TS.nc")
ds.TS.mean("member_id").to_netcdf("mean.nc")
ds.TS.std("member_id", ddof=1).max("time").to_netcdf("spread.nc")
