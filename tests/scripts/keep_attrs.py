# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.mean("time", keep_attrs=False).to_netcdf("bare.nc")
tas.mean("time", keep_attrs=True).to_netcdf("full.nc")
(tas - tas.mean("time")).to_netcdf("anom.nc")
