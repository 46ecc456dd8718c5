/* Inside the features room: the numbers of the features, in catalogue order. */
#ifndef FORE_FEATURE_IDS_H
#define FORE_FEATURE_IDS_H

typedef enum feature_id {
#define FEATURE(ID, ...) F_##ID,
#include "features/catalogue.def"
#undef FEATURE
    FEATURES
} feature_id;

#endif
