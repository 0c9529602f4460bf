# data: real
import xarray as xr

ds = xr.open_dataset("data/station/SLP_DarwinTahitiAnom.nc")
t = ds.TSLP / ds.TSLP.std("time")
d = ds.DSLP / ds.DSLP.std("time")
(t - d).to_netcdf("soi.nc")
