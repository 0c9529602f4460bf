# data: real
import xarray as xr

ds = xr.open_dataset("data/grid/o3_Amon_GFDL-ESM4_historical_r1i1p1f1_gr1_185001-194912.nc")
ds.o3.groupby("time.month").mean("time").to_netcdf("clim.nc")
ds.o3.sel(plev=50000, method="nearest").resample(time="YS").mean().to_netcdf("mid.nc")
