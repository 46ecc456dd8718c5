# Reference for Kaplan-Meier: survfit on the lung data of R's survival package, and Aalen-Johansen on
# the same times with the event split by sex into two causes. Writes ref_incidence.h.
# Run: Rscript ref_incidence.R > ref_incidence.h
library(survival)
s <- survfit(Surv(time, status) ~ 1, lung)
q <- quantile(s, c(0.25, 0.5, 0.75))
at <- c(50, 100, 310, 500, 800, 1000)
v <- summary(s, times = at)
cause <- ifelse(lung$status == 1, 0, lung$sex)
aj <- summary(survfit(Surv(time, factor(cause, 0:2, c("censored", "a", "b"))) ~ 1, lung), times = at)
row <- function(type, name, v) cat("static const ", type, " ", name, "[] = {", paste(sprintf(if (type == "double") "%.15g" else "%d", v), collapse = ", "), "};\n", sep = "")
cat("/* Written by ref_incidence.R. */\n#include <stdint.h>\nenum { REF_ROWS = ", nrow(lung), ", REF_TIMES = ", length(at), " };\n", sep = "")
row("double", "ref_time", lung$time); row("int64_t", "ref_status", as.integer(lung$status - 1)); row("int64_t", "ref_cause", as.integer(cause))
row("double", "ref_at", at); row("double", "ref_survival", v$surv); row("double", "ref_lower", v$lower); row("double", "ref_upper", v$upper)
row("double", "ref_quartiles", c(q$quantile, q$lower, q$upper))
row("double", "ref_incidence_a", aj$pstate[, 2]); row("double", "ref_incidence_b", aj$pstate[, 3])
