# data: real
import xarray as xr

ds = xr.open_dataset("data/grid/tasmax_day_HadGEM2-CC_rcp85_r1i1p1_na10kgrid_qm-moving-50bins-detrend_2095.nc")
ds.tasmax.resample(time="MS").mean().to_netcdf("monthly.nc")
(ds.tasmax > 300).sum("time").to_netcdf("hot.nc")
ds.tasmax.groupby("time.season").max("time").to_netcdf("season.nc")
