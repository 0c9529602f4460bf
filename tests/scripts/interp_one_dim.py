# data: generated
# exact
import numpy as np
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.tas.interp(lat=3.5).to_netcdf("scalar.nc")
ds.tas.interp(lat=[1, 2, 12, 13]).to_netcdf("ints.nc")
ds.tas.interp({"lon": [5.0, 4.0, 100.25]}, method="nearest").to_netcdf("nearest.nc")
ds.tas.interp(lat=[-80.0, 0.0, 80.0], kwargs={"fill_value": "extrapolate"}).to_netcdf("extrapolate.nc")
ds.tas.interp(lat=[-80.0, 0.0, 80.0], kwargs={"fill_value": (-1.0, 9999)}).to_netcdf("filled.nc")
ds.tas.interp(lat=[-6.0, 6.0, 0.0], lon=50.0, method="nearest").to_netcdf("ties.nc")
line = ds.tas.isel(time=0, lon=3).astype("f8")
line.interp(lat=np.arange(-72.0, 73, 4)).to_netcdf("line.nc")
line.interp(lat=[12, 13, 99], kwargs={"fill_value": 0.0}).to_netcdf("line_ints.nc")
ds.tas.isel(time=0, lon=3).interp(lat=np.arange(-72.0, 73, 4)).to_netcdf("line_f4.nc")
ds.tas.isel(time=2).interp(lat=3.5, lon=np.arange(0.0, 330, 10.5)).to_netcdf("row.nc")
odd = line.where(line.lat != 0, np.inf).where(line.lat != 36, -np.inf).where(line.lat < 50, np.inf)
odd.interp(lat=np.arange(-72.0, 73, 4)).to_netcdf("infinite.nc")
gap = line.where(abs(line.lat - 24) > 1)
gap.interp(lat=np.arange(-72.0, 73, 4)).to_netcdf("gap.nc")
ds.tas.isel(time=0).where(abs(ds.lat - 24) > 1).interp(lat=np.arange(-72.0, 73, 4)).to_netcdf("gap_2d.nc")
