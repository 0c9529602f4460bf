# data: real
import xarray as xr

ds = xr.open_dataset("data/grid/nc4uvt.nc")
ds.T.isel(lat=slice(3, 60, 5)).mean("lon").to_netcdf("zonal.nc")
(ds.U ** 2 + ds.V ** 2).max("lev").to_netcdf("speed.nc")
