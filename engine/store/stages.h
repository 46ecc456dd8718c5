/* The names that stages of won and of lost deals usually have, between bars; where the workspace's
 * settings won_stages and lost_stages (between commas) name some, those count instead. */
#ifndef FORE_STORE_STAGES_H
#define FORE_STORE_STAGES_H

#define FORE_USUAL_WON "Won|Closed Won|ClosedWon|Payment Done|Gewonnen|Ganado|Gagn\xC3\xA9"
#define FORE_USUAL_LOST                                                                            \
    "Lost|Closed Lost|ClosedLost|Closed Lost to Competition|Closed-Lost to Competition|"           \
    "Verloren|Perdido|Perdu"

#endif
