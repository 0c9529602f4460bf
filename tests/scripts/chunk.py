# data: generated
# exact
# chunks
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.chunk(time=100).to_zarr("time.zarr")
ds.tas.chunk({"time": 64, "lat": -1, "lon": 6}).to_zarr("three.zarr")
ds.tas.chunk((300, 13, 5)).transpose("lon", "time", "lat").to_zarr("turned.zarr")
ds.pr.chunk(time=(350, 350, 100), lat=None).chunk(lon=4).to_zarr("again.zarr")
ds.chunk(9).to_zarr("nine.zarr")
ds[["tas"]].chunk().to_zarr("one.zarr")
ds.tas.chunk("auto").to_zarr("auto.zarr")
