# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.groupby("time.month").mean("time", skipna=False).to_netcdf("mean.nc")
tas.groupby("time.season").prod("time", min_count=3).to_netcdf("prod.nc")
