# data: generated
# rtol: 1e-5
import xarray as xr

t = xr.open_dataset("made/long.nc").t
(1 + t / 1000).cumprod("time").to_netcdf("growth.nc")
ds = xr.open_dataset("made/integers.nc")
ds[["i1", "u2", "flag"]].cumprod("x").to_netcdf("integers.nc")
(t.astype("float64") * 0 + 1).cumprod().to_netcdf("ones.nc")
