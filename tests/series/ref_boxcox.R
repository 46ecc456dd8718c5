# Writes ref_boxcox.h: Guerrero's lambda and forecasts of transformed series as R has them.
#   Rscript ref_boxcox.R > ref_boxcox.h
suppressMessages(library(forecast))
series <- list(AirPassengers = AirPassengers, USAccDeaths = USAccDeaths, Nile = Nile, co2 = co2,
               WWWusage = WWWusage, LakeHuron = LakeHuron, ldeaths = ldeaths, UKgas = UKgas,
               lynx = lynx, austres = austres)
put <- function(name, x)
  cat(sprintf("static const double %s[%d] = {\n    %s};\n", name, length(x),
              paste(strwrap(paste(sprintf("%.15g", as.numeric(x)), collapse = ", "), 92), collapse = "\n    ")))
cat("/* Written by ref_boxcox.R (R ", as.character(getRversion()), ", forecast ",
    as.character(packageVersion("forecast")), "); do not edit. */\n", sep = "")
# forecast:::guer.cv is minimised again, closer than BoxCox.lambda stops
exact <- function(x, low, high)
  optimize(function(l) forecast:::guer.cv(l, x), c(low, high), tol = 1e-10)$minimum
cat("/* lambda in [-1, 2] and in [0, 1], series in the order of ref_cases */\n")
put("ref_lambda_wide", sapply(series, exact, low = -1, high = 2))
put("ref_lambda", sapply(series, exact, low = 0, high = 1))
cat("/* what BoxCox.lambda(AirPassengers) says */\n")
put("ref_lambda_air", BoxCox.lambda(AirPassengers))
x <- c(0.5, 1, 7, 450)
for (l in c(-0.5, 0, 0.3, 1)) {
  w <- BoxCox(x, l)
  attributes(w) <- NULL
  tag <- sub("-", "m", sub("\\.", "", sprintf("%g", l)))
  put(paste0("ref_boxcox_", tag), w)
  put(paste0("ref_boxcox_mean_", tag), InvBoxCox(w, l, biasadj = TRUE, fvar = rep(0.01, 4)))
}
put("ref_naive_log", naive(AirPassengers, h = 12, lambda = 0, biasadj = TRUE)$mean)
put("ref_naive_03", naive(AirPassengers, h = 12, lambda = 0.3, biasadj = TRUE)$mean)
put("ref_snaive_median", snaive(UKgas, h = 8, lambda = 0, biasadj = FALSE)$mean)
fit <- auto.arima(AirPassengers, lambda = 0, biasadj = TRUE)
put("ref_arima_log", forecast(fit, h = 12)$mean)
put("ref_ets_log", forecast(ets(UKgas, model = "AAA", damped = FALSE, lambda = 0, biasadj = TRUE), h = 8)$mean)
