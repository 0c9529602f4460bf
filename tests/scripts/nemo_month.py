# data: real
import xarray as xr

ds = xr.open_dataset("data/series/nemo/nemo_1m_20150201-20150301_grid-T.nc")
ds.tos.mean("x").to_netcdf("zonal.nc")
ds.tos.isel(y=slice(100, 200, 9)).squeeze().to_netcdf("rows.nc")
