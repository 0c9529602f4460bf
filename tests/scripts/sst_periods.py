# data: real
import xarray as xr

sst = xr.open_dataset("data/grid/sst.mnmean.nc").sst
early, late = sst.sel(time=slice("2010", "2013")), sst.sel(time=slice("2016", "2019"))
both = xr.concat([early, late], dim="time")
both.groupby("time.month").mean("time").to_netcdf("months.nc")
(both - both.mean("time")).mean(["lat", "lon"]).cumsum().to_netcdf("drift.nc")
pair = xr.concat([early.mean("time"), late.mean("time")], dim="period")
(pair.isel(period=1) - pair.isel(period=0)).to_netcdf("change.nc")
