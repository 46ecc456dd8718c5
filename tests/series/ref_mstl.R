# Writes ref_mstl.h: forecasts of R's stlf (season taken out by MSTL, ETS without season for what is
# left, the last cycle put back) for one season and for two.
#   Rscript ref_mstl.R > ref_mstl.h
suppressMessages(library(forecast))
put <- function(name, x)
  cat(sprintf("static const double %s[%d] = {\n    %s};\n", name, length(x),
              paste(strwrap(paste(sprintf("%.15g", as.numeric(x)), collapse = ", "), 92), collapse = "\n    ")))
cat("/* Written by ref_mstl.R (R ", as.character(getRversion()), ", forecast ",
    as.character(packageVersion("forecast")), "); do not edit. */\n", sep = "")
half_hours <- window(taylor, end = time(taylor)[336 * 3])
put("r_half_hours", half_hours)
cat("/* stlf: forecasts; then -2 log L and AICc of the ETS model inside */\n")
for (name in c("AirPassengers", "USAccDeaths", "ldeaths", "UKgas")) {
  f <- stlf(get(name), h = 24)
  put(paste0("ref_stlf_", name), f$mean)
  put(paste0("ref_stlf_", name, "_aicc"), f$model$aicc)
  cat("/*", f$method, "*/\n")
}
f <- stlf(half_hours, h = 336)
put("ref_stlf_half_hours", f$mean)
put("ref_stlf_half_hours_aicc", f$model$aicc)
cat("/*", f$method, "*/\n")
parts <- mstl(AirPassengers)
cat("/* mstl(AirPassengers), first row: trend and season */\n")
put("ref_mstl_air_first", c(parts[1, "Trend"], parts[1, "Seasonal12"]))
cat("/* ndiffs and nsdiffs of series in the order of ref_cases */\n")
series <- list(AirPassengers, USAccDeaths, Nile, co2, WWWusage, LakeHuron, ldeaths, UKgas, lynx, austres)
put("ref_nsdiffs", sapply(series, function(x) if (frequency(x) > 1) nsdiffs(x) else 0))
put("ref_ndiffs", sapply(series, function(x) {
  D <- if (frequency(x) > 1) nsdiffs(x) else 0
  ndiffs(if (D > 0) diff(x, lag = frequency(x), differences = D) else x)
}))
