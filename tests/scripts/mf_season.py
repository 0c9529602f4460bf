# data: generated
import xarray as xr

tas = xr.open_mfdataset("made/tas_199[0-4].nc", combine="by_coords").tas
tas.groupby("time.season").mean("time").to_netcdf("season.nc")
tas.resample(time="YS").max().to_netcdf("year.nc")
