/* The jobs: each is one file that reads like the sentence a user would say. The requests are those of
 * the public API; the answers are fore_answer. engine/foresell.c forwards one to the other. */
#ifndef FORE_JOBS_H
#define FORE_JOBS_H

#include "engine/foresell.h"
#include "engine/jobs/answer.h"
#include "engine/jobs/context.h"

fore_status fore_job_import(fore_context *c, const foresell_import_request *r, fore_answer *a, fore_error *err);
fore_status fore_job_check(fore_context *c, const foresell_check_request *r, fore_answer *a, fore_error *err);
fore_status fore_job_train(fore_context *c, const foresell_train_request *r, fore_answer *a, fore_error *err);
fore_status fore_job_rank(fore_context *c, const foresell_rank_request *r, fore_answer *a, fore_error *err);
fore_status fore_job_feedback(fore_context *c, const foresell_feedback_request *r, fore_answer *a, fore_error *err);
fore_status fore_job_score(fore_context *c, const foresell_score_request *r, fore_answer *a, fore_error *err);
fore_status fore_job_explain(fore_context *c, const foresell_score_request *r, fore_answer *a, fore_error *err);
fore_status fore_job_forecast(fore_context *c, const foresell_forecast_request *r, fore_answer *a, fore_error *err);
fore_status fore_job_changes(fore_context *c, const foresell_changes_request *r, fore_answer *a, fore_error *err);
fore_status fore_job_adjust(fore_context *c, const foresell_adjust_request *r, fore_answer *a, fore_error *err);
fore_status fore_job_effort(fore_context *c, const foresell_effort_request *r, fore_answer *a, fore_error *err);
fore_status fore_job_backtest(fore_context *c, const foresell_backtest_request *r, fore_answer *a, fore_error *err);
fore_status fore_job_settings(fore_context *c, const foresell_settings_request *r, fore_answer *a, fore_error *err);
fore_status fore_job_models(fore_context *c, fore_answer *a, fore_error *err);
fore_status fore_job_rollback(fore_context *c, const char *id, int64_t now, fore_answer *a, fore_error *err);
fore_status fore_job_nightly(fore_context *c, const foresell_nightly_request *r, fore_answer *a, fore_error *err);
fore_status fore_job_simulate(fore_context *c, const foresell_simulate_request *r, fore_answer *a, fore_error *err);
fore_status fore_job_table_train(fore_context *c, const foresell_table_request *r, fore_answer *a, fore_error *err);
fore_status fore_job_table_score(fore_context *c, const foresell_table_request *r, fore_answer *a, fore_error *err);
fore_status fore_job_series(fore_context *c, const foresell_series_request *r, fore_answer *a, fore_error *err);

#endif
