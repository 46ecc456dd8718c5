/* Written by ref_trees.py (scikit-learn); do not edit. */
static const double ref_trees_auc = 0.8222456735361253;
static const double ref_trees_log_loss = 0.5112065551235107;
static const double ref_trees_rate = 0.5403333333333333;
