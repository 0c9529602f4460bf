# data: generated
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
area = xr.open_dataset("made/area.nc").area
ds.tas.weighted(area).mean(("lat", "lon")).to_netcdf("mean.nc")
ds.tas.weighted(area).mean("lat", skipna=False).to_netcdf("strict.nc")
ds[["tas", "pr"]].weighted(area).mean(["lat", "lon"]).to_netcdf("both.nc")
