# Reference for the two-way pseudo-likelihood: R's glm with rep and week factors, dispersion by
# Pearson, covariance clustered by rep (no small-sample factor). Writes ref_ppml.h.
# Run: Rscript ref_ppml.R > ref_ppml.h
set.seed(11)
reps <- 6; weeks <- 9
d <- expand.grid(week = 1:weeks, rep = 1:reps)
d$x1 <- rnorm(nrow(d)); d$x2 <- rnorm(nrow(d)) + 0.5 * d$x1
d$y <- rpois(nrow(d), exp(0.4 + 0.1 * d$rep - 0.05 * d$week + 0.3 * d$x1 - 0.2 * d$x2)) * 1.5
d$y[c(5, 20, 33)] <- NA
u <- !is.na(d$y)
X <- model.matrix(~ x1 + x2 + factor(rep) + factor(week), d[u, ])
f <- glm(y ~ x1 + x2 + factor(rep) + factor(week), quasipoisson, d[u, ],
         control = glm.control(epsilon = 1e-14, maxit = 100))
mu <- fitted(f); r <- d$y[u] - mu
bread <- solve(t(X) %*% (mu * X))
scores <- rowsum(r * X, d$rep[u])
robust <- bread %*% t(scores) %*% scores %*% bread
row <- function(name, v) cat("static const double ", name, "[] = {",
  paste(ifelse(is.na(v), "NAN", sprintf("%.17g", v)), collapse = ", "), "};\n", sep = "")
cat("/* Written by ref_ppml.R. */\n#include <math.h>\nenum { REF_REPS = ", reps, ", REF_WEEKS = ", weeks, " };\n", sep = "")
row("ref_y", d$y); row("ref_x", c(d$x1, d$x2))
row("ref_beta", coef(f)[2:3]); row("ref_model_cov", summary(f)$cov.unscaled[2:3, 2:3])
row("ref_robust_cov", robust[2:3, 2:3])
row("ref_dispersion", summary(f)$dispersion)
