# data: generated
# exact
import numpy as np
import xarray as xr

ds = xr.open_dataset("made/daily.nc").isel(time=slice(0, 10))
tas = ds.tas
f4 = tas.assign_coords(lat=ds.lat.astype("f4"))
tas.interp(lat=np.float32(3.1)).to_netcdf("f8_f4.nc")
f4.interp(lat=np.float32(3.1)).to_netcdf("f4_f4.nc")
f4.interp(lat=-np.float64(3.1)).to_netcdf("f4_f8.nc")
f4.interp(lat=-np.float32(3.1), method="nearest").to_netcdf("nearest.nc")
tas.interp(lat=[np.float32(3.1), np.float32(4.1)], lon=np.int16(5)).to_netcdf("listed.nc")
tas.interp(lat=[np.float32(3.1), 4.1]).to_netcdf("mixed.nc")
tas.interp(lat=[np.float32(3.1), 4], lon=[np.int16(3), np.float32(4.5)]).to_netcdf("promoted.nc")
tas.interp(lat=f4.lat.values[3]).to_netcdf("of_values.nc")
for i, x in enumerate(f4.lat.values[2:4]):
    tas.interp(lat=x).to_netcdf(f"of_loop_{i}.nc")
made = xr.Dataset({"a": ("x", [np.int16(1), np.int16(2)]), "b": ("x", np.array([np.float32(0.1), np.float32(2)]))})
made = made.assign_coords(height=np.float32(2.1), level=np.int32(7), flag=("x", np.full(2, np.uint8(3))))
made.attrs["scale"] = np.float32(0.1)
made.attrs["number"] = np.int32(7)
made.attrs["plain"] = 0.1
made.to_netcdf("made.nc")
tenth = np.float32(0.1)
print(tenth, str(tenth), f"{tenth} {tenth:.3f} {tenth!s}", "{}".format(tenth), np.float32(16777216), np.int16(-3), np.sqrt(np.float32(2)))
