# Writes ref_reconcile.h: R's monthly deaths of men and women.    Rscript ref_reconcile.R > ref_reconcile.h
put <- function(name, x) cat(sprintf("static const double %s[%d] = {\n    %s};\n", name, length(x),
  paste(strwrap(paste(x, collapse = ", "), 92), collapse = "\n    ")))
cat("/* Written by ref_reconcile.R; do not edit. */\n#include <math.h>\n\n")
put("ref_males", as.numeric(mdeaths))
put("ref_females", as.numeric(fdeaths))
