# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.tas.groupby("time.month").median().to_netcdf("median.nc")
ds.tas.groupby("time.season").quantile(0.1).to_netcdf("scalar.nc")
ds.tas.groupby("time.month").quantile([0.1, 0.5, 0.9], "time").to_netcdf("list.nc")
ds.tas.groupby("time.year").quantile([0.5, 0.2], ["time", "lat", "lon"], method="lower").to_netcdf("year.nc")
ds.tas.groupby("time.dayofyear").median("time").to_netcdf("days.nc")
ds.groupby("time.month").median(...).to_netcdf("dataset.nc")
ds.groupby("time.month").quantile(0.75, "time").to_netcdf("dataset_q.nc")
clim = ds.tas.groupby("time.month").quantile(0.9)
(ds.tas.groupby("time.month") - clim).quantile(0.5, "time").to_netcdf("over.nc")
