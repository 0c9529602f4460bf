# data: generated
# chunks
import xarray as xr

ds = xr.open_dataset("made/daily.nc").chunk(time=100, lat=5)
(ds.tas - 273.15).where(ds.tas > 250).astype("float64").to_zarr("celsius.zarr")
(ds * 2).to_zarr("twice.zarr")
ds.tas.chunk(lat=4).to_zarr("encoded.zarr", encoding={"tas": {"chunks": (50, 2, 17)}})
blosc = xr.open_zarr("made/blosc_lz4.zarr", chunks=None)
blosc[["tas"]].chunk(time=40, lat=10, lon=12).to_zarr("kept.zarr")
ds.tas.chunk(time=33).mean("time").to_netcdf("mean.nc")
ds.tas.chunk(time=(1, 799)).to_netcdf("plain.nc")
ds.tas.mean("lon").to_zarr("zonal.zarr")
ds.isel(lon=3).cumsum("time").to_zarr("total.zarr")
(ds - ds.mean("time")).to_zarr("anomaly.zarr")
