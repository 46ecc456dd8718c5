# Writes ref_series.h: R's built-in series and what R 4.2 with forecast 8.20 answers to them.
#   Rscript ref_series.R > ref_series.h
suppressMessages(library(forecast))
num <- function(x) ifelse(is.na(x), "NAN", ifelse(is.infinite(x), "INFINITY", sprintf("%.15g", x)))
put <- function(name, x) {
  x <- as.numeric(x)
  cat(sprintf("static const double %s[%d] = {\n    %s};\n", name, length(x),
              paste(strwrap(paste(num(x), collapse = ", "), 92), collapse = "\n    ")))
}
series <- list(AirPassengers = AirPassengers, USAccDeaths = USAccDeaths, Nile = Nile, co2 = co2,
               WWWusage = WWWusage, LakeHuron = LakeHuron, ldeaths = ldeaths, UKgas = UKgas,
               lynx = lynx, austres = austres)
cat("/* Written by ref_series.R (R ", as.character(getRversion()), ", forecast ",
    as.character(packageVersion("forecast")), "); do not edit. */\n#include <math.h>\n#include <stdint.h>\n\n", sep = "")
for (name in names(series)) put(paste0("r_", name), series[[name]])
cat("\ntypedef struct ref_case {\n    const char *name;\n    const double *y;\n    int64_t n, m;\n} ref_case;\n\n")
cat("static const ref_case ref_cases[] = {\n")
for (name in names(series))
  cat(sprintf("    {\"%s\", r_%s, %d, %d},\n", name, name, length(series[[name]]), frequency(series[[name]])))
cat("};\n\n")

# every ETS form that R fits to three series: log-likelihood
forms <- list(c("ANN", 0), c("AAN", 0), c("AAN", 1), c("ANA", 0), c("AAA", 0), c("AAA", 1), c("MNN", 0), c("MAN", 0),
              c("MAN", 1), c("MNA", 0), c("MAA", 0), c("MAA", 1), c("MNM", 0), c("MAM", 0), c("MAM", 1))
cat("/* log-likelihood of the 15 forms in the order of fore_ets_forms; NAN: not for this series */\n")
cat(sprintf("static const double ref_ets_loglik[%d][15] = {\n", length(series)))
for (name in names(series)) {
  ll <- sapply(forms, function(f) {
    if (frequency(series[[name]]) == 1 && substr(f[1], 3, 3) != "N") return(NA)
    fit <- try(ets(series[[name]], model = f[1], damped = f[2] == "1"), silent = TRUE)
    if (inherits(fit, "try-error")) NA else fit$loglik
  })
  cat("    {", paste(num(ll), collapse = ", "), "}, /* ", name, " */\n", sep = "")
}
cat("};\n\n")

for (name in c("AirPassengers", "USAccDeaths", "Nile", "co2", "ldeaths")) {
  fit <- ets(series[[name]])
  f <- forecast(fit, h = 24, level = 95)
  put(paste0("ref_ets_", name, "_mean"), f$mean)
  put(paste0("ref_ets_", name, "_lower"), f$lower)
  cat(sprintf("static const char ref_ets_%s_name[] = \"%s\";\n", name, fit$method))
  put(paste0("ref_ets_", name, "_ic"), c(fit$loglik, fit$aic, fit$aicc, fit$bic, fit$sigma2))
}
for (name in names(series)) {
  f <- thetaf(series[[name]], h = 24, level = 95)
  put(paste0("ref_theta_", name, "_mean"), f$mean)
  put(paste0("ref_theta_", name, "_lower"), f$lower)
}
hw <- function(name, ...) {
  fit <- HoltWinters(series[[name]], ...)
  tag <- paste0(name, "_", fit$seasonal)
  put(paste0("ref_hw_", tag), c(fit$alpha, fit$beta, fit$gamma, fit$SSE))
  put(paste0("ref_hw_", tag, "_mean"), predict(fit, 24))
}
hw("AirPassengers", seasonal = "multiplicative")
hw("AirPassengers", seasonal = "additive")
hw("co2", seasonal = "additive")
hw("USAccDeaths", seasonal = "additive")
put("ref_holt_austres", with(HoltWinters(as.numeric(austres), gamma = FALSE), c(alpha, beta, SSE)))
put("ref_croston", croston(c(0, 0, 3, 0, 0, 0, 2, 0, 1, 0, 0, 4, 0, 0, 0, 0, 2, 0), h = 1)$mean)
put("ref_croston_fitted", fitted(croston(c(0, 0, 3, 0, 0, 0, 2, 0, 1, 0, 0, 4, 0, 0, 0, 0, 2, 0), h = 1)))
