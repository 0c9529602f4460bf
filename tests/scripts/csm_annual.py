# data: real
# rtol: 2e-5
# xarray's weighted mean adds in float32: it is 1.5e-5 off the float64 value
import xarray as xr

ds = xr.open_dataset("data/grid/b003_TS_200-299.nc", decode_times=False)
ds.TS.weighted(ds.gw).mean(["lat", "lon"]).to_netcdf("global.nc")
ds.TS.var("time", ddof=1).to_netcdf("var.nc")
ds.date.max().to_netcdf("date.nc")
