# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.tas.median().to_netcdf("all.nc")
ds.tas.quantile([0.01, 0.5, 0.99]).to_netcdf("all_q.nc")
ds.tas.median(["time", "lat"], skipna=False).to_netcdf("lon.nc")
ds.tas.quantile([0.25, 0.75], ["time", "lon"], method="hazen").to_netcdf("lat.nc")
ds.tas.isel(lat=0, lon=slice(None, None, -2)).astype("float64").median("time").to_netcdf("f8.nc")
ds.tas.groupby("time.month").median(...).to_netcdf("month.nc")
ds.tas.isel(lon=3, lat=4).groupby("time.season").quantile([0.1, 0.9]).to_netcdf("season.nc")
ds.tas.resample(time="YS").median(["time", "lat", "lon"]).to_netcdf("year.nc")
abs(ds.tas - ds.tas.median()).median().to_netcdf("deviation.nc")
packed = xr.open_dataset("made/packed.nc")
packed.median().to_netcdf("packed.nc")
packed[["both4", "both8"]].quantile(0.3, ["time", "lat"]).to_netcdf("packed_q.nc")
xr.open_dataset("made/integers.nc").median().to_netcdf("integers.nc")
