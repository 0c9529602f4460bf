# data: real
# rtol: 2e-5
import xarray as xr

co2 = xr.open_dataset("data/packed/SMALL_total_column_co2.nc").tcco2
co2.isel(longitude=slice(None, None, 12)).cumsum("time").to_netcdf("total.nc")
co2.max("time").cumsum("longitude").isel(longitude=-1).to_netcdf("zonal.nc")
