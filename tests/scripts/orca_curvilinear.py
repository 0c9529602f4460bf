# data: real
import xarray as xr

ds = xr.open_dataset("data/grid/ctorca.nc")
warm = ds.sosstsst.where(ds.nav_lat > 0)
warm.mean(["y", "x"]).to_netcdf("series.nc")
ds.sosstsst.mean("time_counter").to_netcdf("mean.nc")
