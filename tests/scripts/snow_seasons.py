# data: real
import xarray as xr

snw = xr.open_dataset("data/station/snw_day_CanESM5_historical_r1i1p1f1_gn_19910101-20101231.nc").snw
snw.resample(time="QS-DEC").mean().to_netcdf("season.nc")
snw.resample(time="YS-JUL").max().to_netcdf("peak.nc")
(snw > 10).groupby("time.year").sum("time").to_netcdf("days.nc")
