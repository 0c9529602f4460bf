# data: generated
# rtol: 1e-9
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas.isel(time=slice(40)).astype("f8") + 1e6
tas.rolling(lat=3, lon=3, center=True, min_periods=1).var().to_netcdf("area.nc")
tas.fillna(1e6).rolling(time=8, lon=4, lat=2, min_periods=2).std(ddof=1).to_netcdf("three.nc")
(tas * 0 + 0.625).rolling(lat=3, lon=3, min_periods=1).std().to_netcdf("constant.nc")
tas.where(tas < 1e6 + 270, float("inf")).rolling(time=2, lon=3, min_periods=1).var().to_netcdf("infinite.nc")
