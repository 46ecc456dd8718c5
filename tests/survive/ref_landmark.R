# Reference for the landmark curves: R's glm on unfolded watched weeks, cause by cause (loss given no
# win), and the cumulative incidence of four readings. Writes ref_landmark.h.
# Run: Rscript ref_landmark.R > ref_landmark.h
set.seed(11)
n <- 1500
d <- data.frame(x = rep(0:1, n / 2), age = sample(0:4, n, TRUE), stage = sample(-1:3, n, TRUE),
                due = sample(c(NA, 0:5), n, TRUE))
ages <- c(1, 2, 3, 4, 6, 8, 10); stages <- c(1, 2, 4, 8); sinces <- c(1, 2, 4); dues <- c(-4, -2, -1, 0, 1, 2, 4)
below <- function(v, cuts) rowSums(outer(v, cuts, ">="))
columns <- function(x, age, stage, due, s) {
  v <- ifelse(stage < 0, -1, below(stage + s, stages)); u <- ifelse(is.na(due), -1, below(s - due, dues))
  since <- c(0, sinces)[below(s, sinces) + 1]; fade <- log1p(since) / log1p(26)
  data.frame(a = factor(below(age + s, ages), 0:7), v = factor(v, -1:4), u = factor(u, -1:7),
             s = factor(below(s, sinces), 0:3), x = x, f = fade * x)
}
rows <- NULL
for (i in 1:n) {
  s <- 0; event <- 0; stop_at <- sample(3:7, 1)
  while (s < stop_at && event == 0) {
    near <- !is.na(d$due[i]) && abs(s - d$due[i]) <= 1
    h1 <- plogis(-2.0 + 0.9 * d$x[i] * (s < 2) + 0.8 * near - 0.1 * d$age[i]); h2 <- plogis(-2.1 - 0.4 * d$x[i])
    event <- if (runif(1) < h1) 1 else if (runif(1) < h2) 2 else 0
    rows <- rbind(rows, c(i, s, event)); s <- s + 1
  }
  d$weeks[i] <- s; d$event[i] <- event
}
r <- cbind(columns(d$x[rows[, 1]], d$age[rows[, 1]], d$stage[rows[, 1]], d$due[rows[, 1]], rows[, 2]), event = rows[, 3])
ctl <- glm.control(epsilon = 1e-14, maxit = 100)
won <- glm((event == 1) ~ a + v + u + s + x + f, binomial, droplevels(r), control = ctl)
lost <- glm((event == 2) ~ a + v + u + s + x + f, binomial, droplevels(r[r$event != 1, ]), control = ctl)
stopifnot(max(abs(c(coef(won), coef(lost))), na.rm = TRUE) < 6)
q <- data.frame(x = c(0, 1, 1, 0), age = c(0, 2, 4, 3), stage = c(-1, 0, 3, 1), due = c(NA, 3, 0, 5))
h <- 6; cw <- cl <- matrix(0, h, 4)
for (k in 1:4) {
  open <- 1; w <- l <- 0
  for (t in 1:h) {
    z <- columns(q$x[k], q$age[k], q$stage[k], q$due[k], t - 1)
    h1 <- suppressWarnings(predict(won, z, type = "response")); h2 <- suppressWarnings(predict(lost, z, type = "response"))
    w <- w + open * h1; l <- l + open * (1 - h1) * h2; open <- open * (1 - h1) * (1 - h2)
    cw[t, k] <- w; cl[t, k] <- l
  }
}
row <- function(type, name, v) cat("static const ", type, " ", name, "[] = {", paste(sprintf(if (type == "double") "%.17g" else "%d", v), collapse = ", "), "};\n", sep = "")
no <- function(v) as.integer(ifelse(is.na(v), 99, v))
cat("/* Written by ref_landmark.R; due 99: unknown. */\n#include <stdint.h>\nenum { REF_READINGS = ", n, ", REF_HORIZON = ", h, ", REF_ASKED = 4 };\n", sep = "")
row("double", "ref_x", d$x); row("int64_t", "ref_age", as.integer(d$age)); row("int64_t", "ref_stage", as.integer(d$stage))
row("int64_t", "ref_due", no(d$due)); row("int64_t", "ref_weeks", as.integer(d$weeks)); row("int64_t", "ref_event", as.integer(d$event))
row("double", "ref_asked_x", q$x); row("int64_t", "ref_asked_age", as.integer(q$age)); row("int64_t", "ref_asked_stage", as.integer(q$stage))
row("int64_t", "ref_asked_due", no(q$due)); row("double", "ref_won", cw); row("double", "ref_lost", cl)
