# data: generated
# exact
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.median("time").to_netcdf("median.nc")
tas.quantile(0.9, "time").to_netcdf("ninety.nc")
tas.quantile([0.05, 0.5, 0.95], dim="time", keep_attrs=True).to_netcdf("three.nc")
tas.quantile((1, 0), "time", skipna=False).to_netcdf("ends.nc")
tas.median("time", skipna=False).to_netcdf("strict.nc")
