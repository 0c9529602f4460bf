# data: real
import xarray as xr

ds = xr.open_mfdataset("data/series/siconc_SAM0/*.nc")
ice = ds.siconc.sel(time=slice("1980", "2010"))
ice.groupby("time.month").mean("time").to_netcdf("clim.nc")
ds.siconc.resample(time="10YS").mean().to_netcdf("decades.nc")
