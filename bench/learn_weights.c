/* Writes the weights that travel with the program: models/series/learned.weights.
 *
 *   learn_weights FILE [series [rounds [seed [threads]]]]      default 5000 300 1 2
 *
 * The same bytes for any number of threads; one JSON line says what was done. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/reference_series.h"
#include "engine/base/civil.h"
#include "models/series/learned.h"

static int fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    return 1;
}

int main(int argc, char **argv)
{
    int64_t count = argc > 2 ? atoll(argv[2]) : 5000, used;
    int64_t rounds = argc > 3 ? atoll(argv[3]) : 300;
    uint64_t seed = argc > 4 ? strtoull(argv[4], NULL, 10) : 1;
    fore_series_options options = fore_series_default();
    fore_learned *learned = NULL;
    fore_pool *pool = NULL;
    fore_text bytes = {0};
    fore_error err = {0};
    char source[64];
    if (argc < 2 || count < 1) return fail("learn_weights FILE [series [rounds [seed [threads]]]]");
    reference_series *series = malloc((size_t)count * sizeof *series);
    fore_series_task *tasks = calloc((size_t)count, sizeof *tasks);
    if (!series || !tasks || fore_pool_new(argc > 5 ? atoi(argv[5]) : 2, &pool, NULL) != FORE_OK)
        return fail("out of memory");
    for (int64_t i = 0; i < count; i++) {
        reference_make(seed, (uint64_t)i, &series[i]);
        tasks[i] = (fore_series_task){
            .y = series[i].y, .n = series[i].n, .m = series[i].m, .horizon = series[i].h};
    }
    double start = fore_clock_seconds();
    if (fore_learned_fit(pool, tasks, count, 1, &options, NULL, rounds, &learned, &used, &err) !=
        FORE_OK)
        return fail(err.message);
    snprintf(source, sizeof source, "%lld reference series", (long long)used);
    fore_learned_name_source(learned, source);
    FILE *file = fopen(argv[1], "wb");
    if (fore_learned_write(learned, &bytes, &err) != FORE_OK || !file ||
        fwrite(bytes.bytes, 1, (size_t)bytes.length, file) != (size_t)bytes.length ||
        fclose(file) != 0)
        return fail("the weights could not be written");
    printf("{\"bench\":\"learn_weights\",\"series\":%lld,\"used\":%lld,\"rounds\":%lld,"
           "\"bytes\":%lld,\"seconds\":%.1f,\"threads\":%d}\n",
           (long long)count, (long long)used, (long long)rounds, (long long)bytes.length,
           fore_clock_seconds() - start, fore_pool_threads(pool));
    fore_text_free(&bytes);
    fore_learned_free(learned);
    fore_pool_free(pool);
    free(series);
    free(tasks);
    return 0;
}
