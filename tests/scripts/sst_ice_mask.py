# data: real
import xarray as xr

ds = xr.open_dataset("data/grid/sst.mnmean.nc")
open_water = ds.sst.where(ds.sst > -1.7)
open_water.count(["lat", "lon"]).to_netcdf("cells.nc")
open_water.fillna(-1.8).mean("time").to_netcdf("filled.nc")
