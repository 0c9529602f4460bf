# data: real
import xarray as xr

ds = xr.open_dataset("data/series/tos_IITM_julian/tos_Omon_IITM-ESM_1pctCO2_r1i1p1f1_gn_193001-193412.nc")
ds.tos.groupby("time.season").mean("time").to_netcdf("season.nc")
ds.tos.resample(time="YS").mean().to_netcdf("annual.nc")
ds.sel(time="1932-02").to_netcdf("feb.nc")
