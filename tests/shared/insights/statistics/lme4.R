# Variance components by lme4 of a table whose first column is y and whose others are factors.
#
#     Rscript lme4.R TABLE.csv
#
# Prints a line per component, then the mean and the REML criterion. The tolerance is far below
# lme4's own, because its default leaves the fourth digit of small components open.

suppressMessages(library(lme4))

table <- read.csv(commandArgs(TRUE)[1])
factors <- setdiff(names(table), "y")
table[factors] <- lapply(table[factors], factor)
formula <- as.formula(paste("y ~ 1 +", paste0("(1 | ", factors, ")", collapse = " + ")))
control <- lmerControl(
  optimizer = "bobyqa", calc.derivs = FALSE,
  optCtrl = list(rhoend = 1e-10, maxfun = 1e5)
)
model <- suppressMessages(lmer(formula, table, REML = TRUE, control = control))
variances <- as.data.frame(VarCorr(model))
cat(sprintf("%s %.12g\n", tolower(variances$grp), variances$vcov), sep = "")
cat(sprintf("mean %.12g\ncriterion %.12g\n", fixef(model), REMLcrit(model)))
cat(sprintf("lme4 %s\n", packageVersion("lme4")))
