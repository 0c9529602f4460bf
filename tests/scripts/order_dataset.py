# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/bounds.nc")
ds.median("time").to_netcdf("median.nc")
ds.quantile(0.5, "time", numeric_only=True).to_netcdf("quantile.nc")
few = xr.open_dataset("made/daily.nc").isel(time=slice(0, 60))
few["five"] = 5
few["row"] = few.tas.isel(time=0, lat=0, drop=True)
few.quantile([0.2, 0.6], "time").to_netcdf("mixed.nc")
few.quantile(0.2, ["time", "lon"]).to_netcdf("scalar.nc")
few.median("lon").to_netcdf("lon.nc")
print(few.tas.quantile([0.25, 0.75], ["time", "lat"]).round(3))
print(few.tas.isel(lat=0, lon=0).quantile(0.5).item())
