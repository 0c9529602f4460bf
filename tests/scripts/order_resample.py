# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.tas.resample(time="MS").median().to_netcdf("median.nc")
ds.tas.resample(time="QS-DEC").quantile([0.1, 0.9]).to_netcdf("quarters.nc")
ds.tas.resample(time="YS").quantile(0.5, method="nearest").to_netcdf("years.nc")
gappy = xr.open_dataset("made/gappy.nc")
gappy.t.resample(time="10D").median().to_netcdf("gaps.nc")
gappy.resample(time="10D").quantile(0.3, method="lower").to_netcdf("gaps_lower.nc")
gappy.n.resample(time="10D").quantile([0.3, 0.6], "time").to_netcdf("gaps_q.nc")
