# data: real
import xarray as xr

ds = xr.open_mfdataset(["data/series/janfeb/jan.nc4", "data/series/janfeb/feb.nc4"], decode_times=False)
ds.mean("time").to_netcdf("mean.nc")
ds.P.isel(time=slice(28, 34)).to_netcdf("seam.nc")
