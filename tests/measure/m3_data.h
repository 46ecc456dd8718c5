/* Reads the M3 competition's series (3,003, ragged CSV without header) from the public-data folder.
 */
#ifndef FORE_TEST_M3_DATA_H
#define FORE_TEST_M3_DATA_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { M3_SERIES = 3003, M3_LONGEST = 160, M3_STEPS = 18 };

typedef struct m3_series {
    char id[8];
    int group; /* 0 yearly, 1 quarterly, 2 monthly, 3 other */
    int64_t n, h, m;
    double history[M3_LONGEST], future[M3_STEPS];
} m3_series;

static const char *const m3_groups[4] = {"yearly", "quarterly", "monthly", "other"};

static inline void m3_path(char *out, size_t size, const char *file)
{
    const char *folder = getenv("FORESELL_DATA"), *source = getenv("FORESELL_SOURCE");
    if (folder)
        snprintf(out, size, "%s/m3/%s", folder, file);
    else
        snprintf(out, size, "%s/../shared/data/m3/%s", source ? source : ".", file);
}

/* One line "id,v1,v2,...": the number of values, -1 at the end of the file. Empty cells end a row.
 */
static inline int64_t m3_row(FILE *file, char id[8], double *values, int64_t most)
{
    static char line[8192];
    int64_t count = 0;
    if (!fgets(line, sizeof line, file)) return -1;
    char *cell = strtok(line, ",\r\n");
    if (!cell) return -1;
    snprintf(id, 8, "%.7s", cell);
    while (count < most && (cell = strtok(NULL, ",\r\n"))) values[count++] = strtod(cell, NULL);
    return count;
}

/* A line of M3_info.csv: "id","sn","type","period",...; both type and period may say OTHER. */
static inline int m3_season(const char *id, const char *info, m3_series *s)
{
    static const char *const words[4] = {"\"YEARLY\"", "\"QUARTERLY\"", "\"MONTHLY\"", "\"OTHER\""};
    static const int64_t seasons[4] = {1, 4, 12, 1};
    const char *period = info;
    if (!strstr(info, id)) return 0;
    for (int comma = 0; period && comma < 3; comma++) period = strchr(period + 1, ',');
    for (int g = 0; period && g < 4; g++) {
        if (strncmp(period + 1, words[g], strlen(words[g])) != 0) continue;
        s->group = g;
        s->m = seasons[g];
        return 1;
    }
    return 0;
}

/* NULL when the data are not there. The caller frees. */
static inline m3_series *m3_load(void)
{
    char path[1024], info[512], id[8];
    FILE *files[3];
    const char *const names[3] = {"M3_train.csv", "M3_test.csv", "M3_info.csv"};
    for (int i = 0; i < 3; i++) {
        m3_path(path, sizeof path, names[i]);
        files[i] = fopen(path, "r");
        if (files[i]) continue;
        while (i-- > 0) fclose(files[i]);
        return NULL;
    }
    m3_series *all = calloc(M3_SERIES, sizeof *all);
    int good = all && fgets(info, sizeof info, files[2]);
    for (int i = 0; good && i < M3_SERIES; i++) {
        m3_series *s = &all[i];
        s->n = m3_row(files[0], s->id, s->history, M3_LONGEST);
        s->h = m3_row(files[1], id, s->future, M3_STEPS);
        good = s->n > 0 && s->h > 0 && !strcmp(id, s->id) && fgets(info, sizeof info, files[2]) &&
               m3_season(s->id, info, s);
    }
    for (int i = 0; i < 3; i++) fclose(files[i]);
    if (good) return all;
    free(all);
    return NULL;
}

#endif
