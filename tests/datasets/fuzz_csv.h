/* The fuzz targets' functions, which the corpus test replays. */
#ifndef FUZZ_CSV_H
#define FUZZ_CSV_H

#include <stddef.h>
#include <stdint.h>

int fuzz_csv(const uint8_t *data, size_t size);
int fuzz_mapping(const uint8_t *data, size_t size);

#endif
