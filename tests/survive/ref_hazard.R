# Reference for the competing-risks hazards: R's glm on unfolded person-weeks, cause by cause (loss
# given no win), and the cumulative incidence of a deal aged 2 weeks. Writes ref_hazard.h.
# Run: Rscript ref_hazard.R > ref_hazard.h
set.seed(3)
n <- 400
d <- data.frame(x = rep(0:1, n / 2), entry = sample(0:2, n, TRUE))
cuts <- c(2, 5)
rows <- NULL
for (i in 1:n) {
  a <- d$entry[i]; weeks <- 0; event <- 0
  stop_at <- a + sample(3:12, 1)
  while (a < stop_at && event == 0) {
    h1 <- plogis(-2.2 + 0.6 * d$x[i] - 0.3 * (a >= 2)); h2 <- plogis(-2.6 - 0.4 * d$x[i] + 0.5 * (a >= 5))
    event <- if (runif(1) < h1) 1 else if (runif(1) < h2) 2 else 0
    rows <- rbind(rows, c(i, a, event, d$x[i])); a <- a + 1; weeks <- weeks + 1
  }
  d$weeks[i] <- weeks; d$event[i] <- event
}
r <- as.data.frame(rows); names(r) <- c("i", "age", "event", "x")
ctl <- glm.control(epsilon = 1e-14, maxit = 100)
won <- glm((event == 1) ~ I(age >= 2) + I(age >= 5) + x, binomial, r, control = ctl)
lost <- glm((event == 2) ~ I(age >= 2) + I(age >= 5) + x, binomial, r[r$event != 1, ], control = ctl)
h <- 8; cw <- cl <- matrix(0, h, 2)
for (x in 0:1) {
  open <- 1; w <- l <- 0
  for (k in 1:h) {
    q <- data.frame(age = 2 + k - 1, x = x)
    h1 <- predict(won, q, type = "response"); h2 <- predict(lost, q, type = "response")
    w <- w + open * h1; l <- l + open * (1 - h1) * h2; open <- open * (1 - h1) * (1 - h2)
    cw[k, x + 1] <- w; cl[k, x + 1] <- l
  }
}
row <- function(type, name, v) cat("static const ", type, " ", name, "[] = {", paste(sprintf(if (type == "double") "%.17g" else "%d", v), collapse = ", "), "};\n", sep = "")
cat("/* Written by ref_hazard.R. */\n#include <stdint.h>\nenum { REF_SPELLS = ", n, ", REF_HORIZON = ", h, " };\n", sep = "")
row("double", "ref_covariate", d$x); row("int64_t", "ref_entry", as.integer(d$entry))
row("int64_t", "ref_weeks", as.integer(d$weeks)); row("int64_t", "ref_event", as.integer(d$event))
row("double", "ref_won", cw); row("double", "ref_lost", cl)
row("double", "ref_loglik", c(logLik(won), logLik(lost)))
