# data: generated
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.tas.rolling(time=5).mean().max("time").to_netcdf("warmest.nc")
ds.tas.rolling(time=30).sum().min("time").to_netcdf("least.nc")
ds.pr.rolling(time=3, center=True).sum().mean(["lat", "lon"]).to_netcdf("area.nc")
ds.tas.rolling(time=11).mean().mean().to_netcdf("all.nc")
ds.tas.rolling(time=11).mean().mean("lon").to_netcdf("zonal.nc")
ds.tas.rolling(time=5).mean().groupby("time.month").max().to_netcdf("months.nc")
(ds.tas - ds.tas.rolling(time=31, center=True, min_periods=5).mean()).std("time").to_netcdf("high_pass.nc")
