# Reference for Cox and Weibull regression: coxph (Efron) and survreg of R's survival package on its
# lung data, age and sex, without weights and with the weights 1, 2, 3, 1, 2, 3, ... Times and events
# are those of ref_incidence.h. Writes ref_lifetimes.h.
# Run: Rscript ref_lifetimes.R > ref_lifetimes.h
library(survival)
w <- rep(1:3, length.out = nrow(lung))
row <- function(type, name, v) cat("static const ", type, " ", name, "[] = {", paste(sprintf(if (type == "double") "%.15g" else "%d", v), collapse = ", "), "};\n", sep = "")
cox <- function(weights) {
  m <- coxph(Surv(time, status) ~ age + sex, lung, weights = weights, ties = "efron",
             control = coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 50))
  c(coef(m), sqrt(diag(vcov(m))), m$loglik, concordance(m)$concordance)
}
weibull <- function(weights) {
  m <- survreg(Surv(time, status) ~ age + sex, lung, weights = weights,
               control = survreg.control(rel.tolerance = 1e-14, maxiter = 100))
  c(coef(m), log(m$scale), sqrt(diag(vcov(m))), m$loglik[2],
    predict(m, data.frame(age = 60, sex = 1), type = "quantile", p = c(0.1, 0.5, 0.9)))
}
one <- rep(1, nrow(lung))
cat("/* Written by ref_lifetimes.R. */\n")
row("double", "ref_x", c(lung$age, lung$sex))
row("double", "ref_weight", w)
cat("/* beta, error, loglik at 0 and at beta, concordance */\n")
row("double", "ref_cox", cox(one)); row("double", "ref_cox_weighted", cox(w))
cat("/* intercept, beta, log(scale), their errors, loglik, quantiles 0.1, 0.5, 0.9 at age 60, sex 1 */\n")
row("double", "ref_weibull", weibull(one)); row("double", "ref_weibull_weighted", weibull(w))
