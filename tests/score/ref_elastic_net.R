# Writes ref_elastic_net.h: glmnet's answers on the rows of ref_logit.h (binomial, weighted), on MASS::Boston
# (gaussian), and glm's on infert. Run from the repository's top folder.
suppressMessages({ library(glmnet); library(MASS) })
numbers <- function(name, v) {
  body <- paste(sprintf("%.17g", v), collapse = ", ")
  sprintf("static const double %s[] = {\n%s};\n", name, paste(strwrap(body, 96, prefix = "    "), collapse = "\n"))
}
header <- readLines("tests/score/ref_logit.h")
read <- function(name) {
  text <- paste(header, collapse = " ")
  body <- regmatches(text, regexpr(sprintf("%s\\[\\] = \\{[^}]*\\}", name), text))
  as.numeric(strsplit(gsub(".*\\{|\\}", "", body), ",")[[1]])
}
x <- matrix(read("ref_x"), 300); y <- read("ref_y"); w <- read("ref_w")
out <- c("/* Written by ref_elastic_net.R (glmnet 4.1, R 4.2); do not edit. */\n")
lambda <- c(0.2, 0.1, 0.05, 0.02, 0.005)
fit <- glmnet(x, y, "binomial", weights = w, alpha = 0.5, lambda = lambda, standardize = FALSE, thresh = 1e-20, maxit = 1e7)
out <- c(out, numbers("ref_net_lambda", lambda), "/* per lambda: 8 coefficients, intercept */\n",
         numbers("ref_net_binomial", as.vector(rbind(as.matrix(fit$beta), fit$a0))))
lasso <- glmnet(x, y, "binomial", alpha = 1, lambda = lambda, standardize = FALSE, thresh = 1e-20, maxit = 1e7)
out <- c(out, numbers("ref_net_lasso", as.vector(rbind(as.matrix(lasso$beta), lasso$a0))))
bx <- scale(as.matrix(Boston[, -14])); by <- Boston$medv
boston <- glmnet(bx, by, alpha = 1, lambda = 1, thresh = 1e-20, maxit = 1e7, standardize = FALSE)
scaled <- glmnet(bx, by, alpha = 1, lambda = 1, thresh = 1e-20, maxit = 1e7)
out <- c(out, sprintf("enum { REF_BOSTON_N = %d, REF_BOSTON_P = 13 };\n", nrow(bx)), "/* raw columns, unscaled */\n",
         numbers("ref_boston_x", as.vector(as.matrix(Boston[, -14]))), numbers("ref_boston_y", by),
         "/* on columns divided by R's scale(): 13 coefficients, intercept; lambda = 1 */\n",
         numbers("ref_boston", c(as.vector(boston$beta), boston$a0)),
         "/* the same with glmnet's own standardisation, as published: rm, ptratio, black, lstat, intercept */\n",
         numbers("ref_boston_standard", c(scaled$beta["rm", ], scaled$beta["ptratio", ], scaled$beta["black", ], scaled$beta["lstat", ], scaled$a0)))
g <- glm(case ~ spontaneous + induced, binomial, infert, control = list(epsilon = 1e-14, maxit = 100))
out <- c(out, sprintf("enum { REF_INFERT_N = %d };\n", nrow(infert)),
         numbers("ref_infert_x", c(infert$spontaneous, infert$induced)), numbers("ref_infert_y", infert$case),
         "/* spontaneous, induced, intercept; their standard errors; deviance */\n",
         numbers("ref_infert", c(coef(g)[c(2, 3, 1)], sqrt(diag(vcov(g)))[c(2, 3, 1)], deviance(g))))
cat(out, file = "tests/score/ref_elastic_net.h", sep = "")
