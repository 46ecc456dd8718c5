# Writes ref_growth.h: R's likelihoods of the four ETS forms with a multiplicative trend, and its
# choice when they are allowed.
#   Rscript ref_growth.R > ref_growth.h
suppressMessages(library(forecast))
num <- function(x) ifelse(is.na(x), "NAN", sprintf("%.15g", x))
series <- list(AirPassengers = AirPassengers, USAccDeaths = USAccDeaths, Nile = Nile, co2 = co2,
               WWWusage = WWWusage, LakeHuron = LakeHuron, ldeaths = ldeaths, UKgas = UKgas,
               lynx = lynx, austres = austres)
forms <- list(c("MMN", 0), c("MMN", 1), c("MMM", 0), c("MMM", 1))
cat("/* Written by ref_growth.R (R ", as.character(getRversion()), ", forecast ",
    as.character(packageVersion("forecast")), "); do not edit.\n",
    " * Series in the order of ref_cases. */\n#include <math.h>\n\n", sep = "")
cat("/* log-likelihood of MMN, MMdN, MMM, MMdM; NAN: not for this series */\n")
cat(sprintf("static const double ref_growth_loglik[%d][4] = {\n", length(series)))
for (name in names(series)) {
  ll <- sapply(forms, function(f) {
    if (frequency(series[[name]]) == 1 && substr(f[1], 3, 3) != "N") return(NA)
    fit <- try(ets(series[[name]], model = f[1], damped = f[2] == "1", allow.multiplicative.trend = TRUE),
               silent = TRUE)
    if (inherits(fit, "try-error")) NA else fit$loglik
  })
  cat("    {", paste(num(ll), collapse = ", "), "}, /* ", name, " */\n", sep = "")
}
cat("};\n\n/* the form chosen of all 19, its AICc, and its forecasts at steps 1 and 12 */\n")
cat("typedef struct ref_growth_choice {\n    const char *name;\n    double aicc, first, twelfth;\n} ref_growth_choice;\n\n")
cat(sprintf("static const ref_growth_choice ref_growth_choices[%d] = {\n", length(series)))
for (name in names(series)) {
  fit <- ets(series[[name]], allow.multiplicative.trend = TRUE)
  mean <- forecast(fit, h = 12, PI = FALSE)$mean
  cat(sprintf("    {\"%s\", %.15g, %.15g, %.15g}, /* %s */\n", fit$method, fit$aicc, mean[1], mean[12], name))
}
cat("};\n")
