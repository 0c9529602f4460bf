# data: generated
# exact
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
early = tas.sel(time=slice("2001-03", "2002-06"))
late = tas.sel(time=slice("2002-01", "2002-12"), lat=slice(-30, None))
(late - early.isel(lon=slice(3, None))).to_netcdf("diff.nc")
