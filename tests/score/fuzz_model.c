/* libFuzzer's door to model files: whatever the bytes, loading fails cleanly or gives a scorer that
 * answers. test_model_corpus.c replays the corpus through the same door. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "engine/base/memory.h"
#include "models/score/scorer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void answer(const fore_scorer *scorer)
{
    int64_t p = fore_scorer_columns(scorer);
    if (p > 1000) return;
    double *row = calloc((size_t)(2 * p + 1), sizeof *row);
    double *scratch = calloc((size_t)fore_scorer_scratch(scorer), sizeof *scratch);
    double *parts = row + p, base, probability, lo, hi;
    fore_view x = {row, 1, p, 1, NULL};
    fore_score score;
    for (int64_t j = 0; j < p; j++) row[j] = j % 3 == 0 ? NAN : (double)j - 2;
    if (fore_scorer_row(scorer, row, scratch, &score, NULL) != FORE_OK ||
        fore_scorer_predict(NULL, scorer, &x, &probability, &lo, &hi, NULL, NULL) != FORE_OK ||
        fore_scorer_parts(scorer, row, scratch, parts, &base, NULL) != FORE_OK)
        abort();
    if (!(score.probability > 0 && score.probability < 1 && score.lo <= score.hi)) abort();
    fore_scorer_importance(scorer, parts);
    free(scratch);
    free(row);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fore_scorer *scorer = NULL, *again = NULL;
    fore_text text = {0};
    fore_status status = fore_scorer_load((const char *)data, (int64_t)size, &scorer, NULL);
    if (status == FORE_OK) {
        answer(scorer);
        if (fore_scorer_save(scorer, &text, NULL) != FORE_OK ||
            fore_scorer_load(text.bytes, text.length, &again, NULL) != FORE_OK)
            abort();
    } else if (scorer || (status != FORE_E_FORMAT && status != FORE_E_MODEL)) {
        abort();
    }
    fore_text_free(&text);
    fore_scorer_free(scorer);
    fore_scorer_free(again);
    return 0;
}
