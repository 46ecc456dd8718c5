# One method of R forecast on every K-th series of M3, as peer_series.py asks:
#   Rscript peer_series.R M3_FOLDER METHOD EVERY PROCESSES      prints one JSON line
suppressPackageStartupMessages(library(forecast))
given <- commandArgs(TRUE)
every <- as.integer(given[3])
lines <- function(file) lapply(strsplit(readLines(file.path(given[1], file)), ","), function(x) as.numeric(x[-1]))
train <- lines("M3_train.csv")
test <- lines("M3_test.csv")
period <- read.csv(file.path(given[1], "M3_info.csv"))$period
season <- c(YEARLY = 1, QUARTERLY = 4, MONTHLY = 12, OTHER = 1)
one <- function(i) {
    y <- ts(train[[i]][!is.na(train[[i]])], frequency = season[[period[i]]])
    actual <- test[[i]][!is.na(test[[i]])]
    h <- length(actual)
    spent <- system.time(f <- switch(given[2], ets = forecast(ets(y), h = h), arima = forecast(auto.arima(y), h = h), thetaf = thetaf(y, h = h)),
                         gcFirst = FALSE)
    c(mean(200 * abs(actual - f$mean) / (abs(actual) + abs(f$mean))), sum(spent[1:2])) # processor seconds of this process
}
asked <- seq(1, length(train), by = every)
clock <- system.time(rows <- do.call(rbind, parallel::mclapply(asked, one, mc.cores = as.integer(given[4]))))
cat(sprintf('{"series":%d,"seconds":%.3f,"cpu_seconds":%.3f,"smape":%.3f,"version":"%s"}\n', length(asked), clock[["elapsed"]],
            sum(rows[, 2]), mean(rows[, 1]), packageVersion("forecast")))
