# data: real
# exact
import xarray as xr

ds = xr.open_dataset("data/grid/basin_mask.nc")
atlantic = ds.basin.isel(Z=0) == 1
atlantic.sum().to_netcdf("cells.nc")
ds.basin.max("Z").to_netcdf("top.nc")
ds.isel(X=slice(0, 30), Z=0).to_netcdf("part.nc")
