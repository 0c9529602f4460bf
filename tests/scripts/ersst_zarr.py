# data: real
import xarray as xr

sst = xr.open_zarr("data/zarr_derived/ersst_blosclz4.zarr").sst
sst.groupby("time.month").mean("time").to_netcdf("clim.nc")
sst.mean("lon").to_zarr("zonal.zarr")
