# data: real
# exact
import xarray as xr

sst = xr.open_dataset("data/grid/sst.mnmean.nc").sst
sst.median("time").to_netcdf("median.nc")
sst.sel(lat=slice(20, -20)).groupby("time.season").quantile([0.1, 0.9], "time").to_netcdf("seasons.nc")
hot = sst > sst.quantile(0.95, "time")
hot.sum("time").to_netcdf("hot.nc")
