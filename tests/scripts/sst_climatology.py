# data: real
import xarray as xr

sst = xr.open_dataset("data/grid/sst.mnmean.nc").sst
clim = sst.sel(time=slice("2011", "2019")).groupby("time.month").mean("time")
anom = sst.groupby("time.month") - clim
clim.to_netcdf("clim.nc")
anom.to_zarr("anom.zarr")
