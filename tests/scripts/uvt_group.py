# data: real
# exact
import xarray as xr

ds = xr.open_dataset("data/grid/nc4uvt.nc", group="grp1")
ds.max().to_netcdf("max.nc")
