# data: generated
import xarray as xr

tas = xr.open_mfdataset("made/tas_*.nc").tas
clim = tas.sel(time=slice("1991", "1993")).groupby("time.dayofyear").mean("time")
(tas.groupby("time.dayofyear") - clim).to_netcdf("anom.nc")
