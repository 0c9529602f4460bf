# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.tas.isel(lat=slice(3, 4)).squeeze("lat").to_netcdf("squeezed.nc")
ds.tas.isel(lon=[2], lat=[5]).squeeze(drop=True).to_netcdf("series.nc")
ds.rename({"tas": "t2m", "lat": "latitude"}).max("time").to_netcdf("names.nc")
ds.tas.max("time").rename("top").to_netcdf("top.nc")
