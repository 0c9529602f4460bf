# data: real
import xarray as xr

a = xr.open_dataset("data/series/ensemble/BCCAQv2+ANUSPLIN300_ACCESS1-0_historical+rcp45_r1i1p1_1950-2100_tg_mean_YS.nc")
b = xr.open_dataset("data/series/ensemble/BCCAQv2+ANUSPLIN300_CCSM4_historical+rcp45_r1i1p1_1950-2100_tg_mean_YS.nc")
change = a.tg_mean.mean("time") - b.tg_mean.mean("time")
change.to_netcdf("change.nc")
b.tg_mean.resample(time="10YS").mean().to_netcdf("decades.nc")
