# data: generated
import xarray as xr

ds = xr.open_mfdataset("made/tas_*.nc")
ds.tas.sel(lat=slice(-30, 30)).resample(time="MS").mean().to_zarr("monthly.zarr")
