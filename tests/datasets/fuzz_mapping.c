/* Any bytes as a mapping file: checking it ends with an answer or an error. */
#include "fuzz_csv.h"

#include "datasets/import.h"

int fuzz_mapping(const uint8_t *data, size_t size)
{
    fore_error err = {0};
    (void)fore_import_mapping_check((const char *)data, (int64_t)size, &err);
    return 0;
}

#ifdef FORE_FUZZ
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return fuzz_mapping(data, size); }
#endif
