/* Written by ref_ces.py (statsforecast 2.1.1); do not edit. */

typedef struct ref_ces {
    const char *series;
    int form;
    double squares; /* of the one-step errors */
} ref_ces;

static const ref_ces ref_ces_fits[] = {
    {"AirPassengers", 0, 186054.2391},
    {"AirPassengers", 1, 59602.83625},
    {"AirPassengers", 2, 29558.92112},
    {"AirPassengers", 3, 19563.67677},
    {"USAccDeaths", 0, 39513306.07},
    {"USAccDeaths", 1, 15423818.7},
    {"USAccDeaths", 2, 4675381.653},
    {"USAccDeaths", 3, 4665406.728},
    {"Nile", 0, 2009094.635},
    {"WWWusage", 0, 4555.685743},
    {"LakeHuron", 0, 57.95491308},
    {"ldeaths", 0, 13224510.96},
    {"ldeaths", 1, 4305260.535},
    {"ldeaths", 2, 3501830.928},
    {"ldeaths", 3, 3463645.623},
    {"UKgas", 0, 3200876.573},
    {"UKgas", 1, 131001.4164},
    {"UKgas", 2, 123619.851},
    {"UKgas", 3, 135074.9593},
    {"lynx", 0, 167245879.4},
    {"austres", 0, 29453.07045},
    {"austres", 1, 883005.195},
    {"austres", 2, 26489.29602},
    {"austres", 3, 154959.4361},
};

static const double ref_ces_y[] = {10, 13, 9, 15, 11, 14, 10, 17, 12, 16, 11};
static const double ref_ces_full[] = {10.5, 8.75, 11.65, 7.8625, 10.10375, 7.339, 10.1189375, 8.18809375, 9.69271875, 7.5953953125, 10.26392296875, 8.7035975, 7.0948656171875, 6.590629978125, 6.54117559890625, 5.67172370975, 4.86221405972188};
