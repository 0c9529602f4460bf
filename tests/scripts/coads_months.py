# data: real
# exact
import xarray as xr

ds = xr.open_dataset("data/grid/coads_climatology.nc4", decode_times=False)
ds.SST.isel(TIME=[0, 6]).to_netcdf("two.nc")
ds.SST.sel(COADSY=slice(-20, 20), COADSX=201).max("TIME").to_netcdf("line.nc")
