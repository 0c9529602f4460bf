# data: generated
# exact
import numpy as np
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
part = ds.isel(time=slice(0, 60))
part = part.assign_coords(area=("lat", np.arange(13.0) ** 2), number=("lon", np.arange(17)), run=7)
turned = part.isel(lat=slice(None, None, -1))
turned.interp(lat=[-5.0, 5.0, 7.0], lon=40).to_netcdf("turned.nc")
mixed = part.isel(lat=[3, 9, 0, 12, 5])
mixed.tas.interp(lat=np.linspace(-40, 70, 7)).to_netcdf("mixed.nc")
mixed.tas.interp(lat=np.linspace(-40, 70, 7), method="nearest").max("lon").to_netcdf("nearest.nc")
points = xr.DataArray([30.0, 10.0, 20.0], dims="place", coords={"place": [5, 6, 7], "id": 3}, attrs={"units": "deg"})
part.tas.interp(lat=points).to_netcdf("places.nc")
target = xr.DataArray([1.0, 4.0], dims="lat", coords={"lat": [1.0, 4.0], "height": 2.0}, name="lat")
part.tas.interp(lat=target).to_netcdf("heights.nc")
bare = part.tas.drop_vars("lon")
bare.interp(lon=[0.5, 3.25, 20]).to_netcdf("bare.nc")
