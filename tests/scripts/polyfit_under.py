# data: generated
# rtol: 1e-6
# Fewer values than coefficients: 0 to 4 of them, far from each other and near, at other labels in each cell.
import numpy as np
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
x = ds.tas.isel(time=slice(0, 60), lat=slice(0, 6)).fillna(250.0)
x = x.assign_coords(time=np.linspace(-1, 2, 60), lat=np.arange(6.0), lon=np.arange(17.0))
place = xr.DataArray(np.arange(60.0), dims="time", coords={"time": x.time})
far = x.where((place - x.lon) % 14 == 0).where(place < x.lat * 14 - 13)
near = x.where((place > x.lon * 2) & (place < x.lon * 2 + x.lat))
for deg in [1, 2, 3, 4]:
    far.polyfit("time", deg).to_netcdf(f"far{deg}.nc")
    near.polyfit("time", deg).to_netcdf(f"near{deg}.nc")
far.transpose("lat", "lon", "time").astype("float64").to_dataset(name="v").polyfit("time", 4).to_netcdf("last.nc")
far.isel(lat=4, lon=3).polyfit("time", 4).to_netcdf("one.nc")
whole = ds.tas.isel(time=slice(0, 700, 7))
whole.where((whole.time.dt.day == 5) & (whole.time.dt.month < 4)).polyfit("time", 2).to_netcdf("days.nc")
