/* Any bytes as a CSV file: reading ends with an answer or an error, and a second pass reads the
 * same. */
#include "fuzz_csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "datasets/cell_values.h"
#include "datasets/csv_reader.h"

/* What one pass sees, as a sum; every cell also goes through the readers of values. */
static uint64_t read_pass(fore_csv *csv, fore_status *status)
{
    uint64_t sum = 0;
    fore_csv_record record;
    bool more = true;
    fore_number_evidence numbers = {0};
    fore_date_evidence dates = {0};
    int64_t last_line = 0;
    while ((*status = fore_csv_next(csv, &record, &more, NULL)) == FORE_OK && more) {
        if (record.count < 1 || record.line <= last_line) abort();
        last_line = record.line;
        for (int64_t c = 0; c < record.count; c++) {
            const char *cell = record.cells[c];
            int64_t n = record.lengths[c], minor, time;
            double value;
            bool flag;
            if ((int64_t)strlen(cell) != n || fore_utf8_invalid(cell, n) >= 0) abort();
            fore_number_observe(&numbers, cell, n);
            fore_date_observe(&dates, cell, n);
            if (fore_cell_money(cell, n, FORE_DECIMAL_COMMA, &minor)) sum += (uint64_t)minor;
            if (fore_cell_time(cell, n, FORE_DAY_FIRST, NULL, &time, &flag)) sum += (uint64_t)time;
            if (fore_cell_minutes(cell, n, 1, FORE_DECIMAL_POINT, &value)) sum += value > 0;
            sum = fore_hash(cell, n, sum) + fore_cell_flag(cell, n, &flag);
        }
    }
    return sum;
}

int fuzz_csv(const uint8_t *data, size_t size)
{
    char path[64];
    fore_csv *csv = NULL;
    int fd = memfd_create("fuzz", 0);
    if (fd < 0 || (size > 0 && write(fd, data, size) != (ssize_t)size)) abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (fore_csv_open(path, NULL, &csv, NULL) == FORE_OK) {
        fore_status first, second;
        uint64_t a = read_pass(csv, &first);
        if (fore_csv_rewind(csv, NULL) == FORE_OK) {
            uint64_t b = read_pass(csv, &second);
            if (a != b || first != second) abort();
        }
    }
    fore_csv_close(csv);
    close(fd);
    return 0;
}

#ifdef FORE_FUZZ
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return fuzz_csv(data, size); }
#endif
