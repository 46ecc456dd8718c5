# Outliers and their replacements by R's forecast package: the figures in test_anomalies.c.
suppressMessages(library(forecast))
show <- function(name, x) {
  r <- tsoutliers(x)
  cat(name, ":", r$index - 1, "|", signif(r$replacements, 8), "\n")
}
show("Nile", Nile)
spoilt <- Nile; spoilt[20] <- 4000; spoilt[60] <- 50; show("Nile, two spoilt", spoilt)
spoilt <- WWWusage; spoilt[40] <- 300; show("WWWusage, one spoilt", spoilt)
show("lynx", lynx)
