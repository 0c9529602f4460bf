# data: generated
import xarray as xr
import numpy as np

ds = xr.open_dataset("made/area.nc")
rad = np.deg2rad(ds.lat)
(np.sin(rad) ** 2 + np.cos(rad) ** 2).to_netcdf("one.nc")
np.tan(rad / 2).to_netcdf("tan.nc")
np.arctan2(np.sin(rad), ds.area).to_netcdf("atan2.nc")
np.rad2deg(np.arcsin(np.sin(rad)) + np.arccos(np.cos(rad))).to_netcdf("back.nc")
