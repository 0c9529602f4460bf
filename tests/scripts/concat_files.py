# data: generated
import xarray as xr

years = []
for year in (1993, 1990, 1991):
    years.append(xr.open_dataset(f"made/tas_{year}.nc"))
ds = xr.concat(years, "time")
ds.to_netcdf("all.nc")
ds.tas.groupby("time.month").mean("time").to_netcdf("month.nc")
xr.concat(years[1:], "time").tas.resample(time="YS").max().to_netcdf("year.nc")
xr.open_mfdataset(["made/tas_1994.nc", "made/tas_1992.nc"], combine="nested", concat_dim="time").tas.isel(lat=3).to_netcdf("nested.nc")
