# Writes ref_drivers.h: R's Arima and auto.arima with regressors on simulated monthly sales.
#   Rscript ref_drivers.R > ref_drivers.h
suppressMessages(library(forecast))
put <- function(name, x) {
  x <- as.numeric(x)
  cat(sprintf("static const double %s[%d] = {\n    %s};\n", name, length(x),
              paste(strwrap(paste(sprintf("%.12g", x), collapse = ", "), 92), collapse = "\n    ")))
}
cat("/* Written by ref_drivers.R (R ", as.character(getRversion()), ", forecast ",
    as.character(packageVersion("forecast")), "); do not edit. */\n", sep = "")
set.seed(20)
n <- 120; h <- 12
promo <- rbinom(n + h, 1, .25); effort <- round(20 + 4 * rnorm(n + h), 2)
u <- arima.sim(list(ar = .6), n + h, sd = 8)
y <- round(200 + 25 * promo + 2.5 * effort + u, 3)
x <- cbind(promo = promo, effort = effort)
put("drivers_y", y[1:n]); put("drivers_x", x)
fit <- auto.arima(ts(y[1:n]), xreg = x[1:n, ], approximation = FALSE)
stopifnot(identical(arimaorder(fit), c(p = 1L, d = 0L, q = 0L)))
put("drivers_effect", coef(fit)[c("promo", "effort")])
put("drivers_error", sqrt(diag(fit$var.coef))[c("promo", "effort")])
f <- forecast(fit, xreg = x[n + 1:h, ], level = 95)
put("drivers_mean", f$mean); put("drivers_upper", f$upper)
cat(sprintf("static const double drivers_loglik = %.12g;\n", fit$loglik))
