# Writes ref_arima.h: what R 4.2 with forecast 8.20 answers on its built-in series.
#   Rscript ref_arima.R > ref_arima.h
suppressMessages(library(forecast))
num <- function(x) ifelse(is.na(x), "NAN", sprintf("%.12g", x))
put <- function(name, x) {
  x <- as.numeric(x)
  cat(sprintf("static const double %s[%d] = {\n    %s};\n", name, length(x),
              paste(strwrap(paste(num(x), collapse = ", "), 92), collapse = "\n    ")))
}
cat("/* Written by ref_arima.R (R ", as.character(getRversion()), ", forecast ",
    as.character(packageVersion("forecast")), "); do not edit. */\n#include <stdint.h>\n\n", sep = "")

# exact likelihood of stationary models with given coefficients
cat("typedef struct ref_exact {\n    const char *series;\n    int p, q, P, Q;\n    double coefficient[8], loglik, sigma2;\n} ref_exact;\n\n")
cat("/* coefficients: ar, ma, sar, sma, mean */\nstatic const ref_exact ref_exacts[] = {\n")
exact <- function(name, p, q, P, Q, fixed) {
  x <- get(name)
  fit <- arima(x, c(p, 0, q), seasonal = list(order = c(P, 0, Q), period = if (P + Q > 0) frequency(x) else 1),
               fixed = fixed, transform.pars = FALSE)
  cat(sprintf("    {\"%s\", %d, %d, %d, %d, {%s}, %s, %s},\n", name, p, q, P, Q,
              paste(num(fixed), collapse = ", "), num(fit$loglik), num(fit$sigma2)))
}
exact("lynx", 2, 0, 0, 0, c(1.15, -.6, 1540))
exact("lynx", 2, 2, 0, 0, c(1.3, -.7, -.2, -.25, 1540))
exact("Nile", 1, 1, 0, 0, c(.86, -.5, 920))
exact("Nile", 0, 3, 0, 0, c(.4, .3, -.2, 919))
exact("LakeHuron", 5, 0, 0, 0, c(1, -.2, .05, .02, -.1, 579))
exact("ldeaths", 1, 0, 1, 0, c(.5, .6, 2057))
exact("ldeaths", 2, 1, 2, 1, c(.4, .1, .2, .4, .3, -.3, 2057))
exact("ldeaths", 0, 1, 0, 2, c(.4, .5, .2, 2057))
cat("};\n\n")

# fitted orders: log-likelihood, forecasts with their 95 % bounds
fits <- list(list("AirPassengers", c(2, 1, 1), c(0, 1, 0), FALSE), list("USAccDeaths", c(0, 1, 1), c(0, 1, 1), FALSE),
             list("Nile", c(1, 1, 1), c(0, 0, 0), FALSE), list("co2", c(2, 1, 1), c(0, 1, 1), FALSE),
             list("WWWusage", c(3, 1, 0), c(0, 0, 0), TRUE), list("ldeaths", c(1, 0, 0), c(2, 1, 0), TRUE),
             list("lynx", c(2, 0, 2), c(0, 0, 0), TRUE), list("austres", c(0, 2, 1), c(1, 0, 0), FALSE),
             list("UKgas", c(0, 1, 1), c(0, 1, 1), FALSE))
cat("typedef struct ref_fit {\n    const char *series;\n    int p, d, q, P, D, Q, constant;\n    double loglik, mean[12], upper[12];\n} ref_fit;\n\n")
cat("static const ref_fit ref_fits[] = {\n")
for (f in fits) {
  x <- get(f[[1]])
  fit <- Arima(x, f[[2]], f[[3]], include.constant = f[[4]], method = "ML")
  a <- forecast(fit, h = 12, level = 95)
  cat(sprintf("    {\"%s\", %s, %s, %d, %s,\n     {%s},\n     {%s}},\n", f[[1]], paste(f[[2]], collapse = ", "),
              paste(f[[3]], collapse = ", "), f[[4]], num(fit$loglik),
              paste(num(a$mean), collapse = ", "), paste(num(a$upper), collapse = ", ")))
}
cat("};\n\n")

# what auto.arima finds without its approximation
cat("typedef struct ref_auto {\n    const char *series;\n    double aicc;\n    const char *name;\n} ref_auto;\n\nstatic const ref_auto ref_autos[] = {\n")
for (name in c("AirPassengers", "USAccDeaths", "Nile", "co2", "WWWusage", "LakeHuron", "ldeaths", "UKgas", "lynx", "austres")) {
  fit <- auto.arima(get(name), approximation = FALSE)
  cat(sprintf("    {\"%s\", %s, \"%s\"},\n", name, num(fit$aicc), as.character(fit)))
}
cat("};\n\n")

# a regression with ARIMA errors
set.seed(4)
n <- 120
x1 <- rep(c(0, 0, 0, 1, 0), length.out = n)
x2 <- sin(seq_len(n) / 7) + rnorm(n) / 5
u <- as.numeric(arima.sim(list(ar = .6, ma = .3), n))
y <- 50 + 3 * x1 - 2 * x2 + u
fit <- Arima(ts(y), c(1, 0, 1), xreg = cbind(x1, x2), method = "ML")
put("ref_drivers_y", y)
put("ref_drivers_x", c(x1, x2))
put("ref_drivers_answer", c(coef(fit)[c("x1", "x2", "intercept")], sqrt(diag(vcov(fit)))[c("x1", "x2", "intercept")], fit$loglik))

# decomposition and tests
for (name in c("AirPassengers", "co2", "UKgas")) {
  d <- mstl(get(name))
  put(paste0("ref_stl_", name), c(d[, "Trend"], d[, 3]))
}
d <- mstl(msts(as.numeric(co2), c(4, 12)))
put("ref_mstl_two", c(d[, "Trend"], d[, 3], d[, 4]))
kpss <- function(x) urca::ur.kpss(x, type = "mu", use.lag = trunc(3 * sqrt(length(x)) / 13))@teststat
put("ref_kpss", sapply(list(AirPassengers, USAccDeaths, Nile, WWWusage, lynx), kpss))
