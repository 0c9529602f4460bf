# data: generated
# Ranks of what was computed, and what is computed from ranks; of many files; of a result that no file holds.
import xarray as xr

t = xr.open_dataset("made/long.nc").t
r = t.rank("time", pct=True)
(r > 0.9).sum("time").to_netcdf("often.nc")
t.where(r > 0.5).mean("time").to_netcdf("upper.nc")
(t.groupby("time.month") - t.groupby("time.month").mean("time")).rank("time").to_netcdf("anomaly.nc")
r.isel(time=[3, 700, 40]).to_netcdf("some.nc")
t.rank("time").rank("y").to_netcdf("twice.nc")
means = t.resample(time="YS").mean()
means.rank("time").to_netcdf("years.nc")
many = xr.open_mfdataset("made/tas_*.nc", combine="nested", concat_dim="time")
many.tas.rank("time").to_netcdf("many.nc")
xr.concat([t.isel(time=slice(300, None)), t.isel(time=slice(0, 300))], "time").rank("time").to_netcdf("swapped.nc")
xr.open_zarr("made/zstd.zarr").rank("time").to_zarr("stored.zarr")
print(xr.open_dataset("made/daily.nc").lat.rank("lat"))
