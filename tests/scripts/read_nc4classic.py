# data: generated
import xarray as xr

ds = xr.open_dataset("made/nc4classic.nc")
ds.tas.mean(["lat", "lon"]).to_netcdf("mean.nc")
