# data: real
import xarray as xr

ds = xr.open_dataset("data/grid/test_lcc.nc")
ds.tas.mean("time").to_netcdf("mean.nc")
ds.tas.where(ds.lat > 50).mean(["y", "x"]).to_netcdf("north.nc")
ds.tas.groupby("time.season").mean("time").to_netcdf("season.nc")
