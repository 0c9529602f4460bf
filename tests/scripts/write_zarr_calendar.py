# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/cal_360_day.nc")
ds.isel(time=slice(0, 95)).to_zarr("out.zarr")
