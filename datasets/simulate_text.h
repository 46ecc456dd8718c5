/* Writing the simulator's files: ids, times, and rows other than activities. Not for other rooms.
 */
#ifndef FORE_DATASETS_SIMULATE_TEXT_H
#define FORE_DATASETS_SIMULATE_TEXT_H

#include "datasets/simulate_world.h"

/* Each writes at p and returns the end; the caller has room. */
char *fore_sim_put(char *p, const char *text);
char *fore_sim_put_integer(char *p, int64_t value);
char *fore_sim_put_fixed(char *p, double value, int decimals);
char *fore_sim_put_time(char *p, int64_t time); /* 2026-01-31T09:30:00Z */
char *fore_sim_put_date(char *p, int32_t days);
char *fore_sim_put_id(char *p, char letter, uint64_t number); /* L0000001 */
char *fore_sim_put_activity_id(char *p, uint64_t number, int32_t sequence);
char *fore_sim_put_rep(char *p, int64_t seat); /* R0001 */
char *fore_sim_put_account(char *p, int64_t seat, int32_t account);
char *fore_sim_put_campaign(char *p, int campaign); /* K001 */
char *fore_sim_put_end(char *p, const fore_simulate_options *options);

const char *fore_sim_region(int64_t seat);
const char *fore_sim_product_word(int product);

/* One of the kinds allowed (bits) or 0, for a row with these random words. */
int fore_sim_dirt(const sim_world *world, const uint32_t word[4], const int *kinds, int count);
void fore_sim_note_dirt(sim_rows *rows, int kind, const char *file, const char *id,
                        const char *other);
void fore_sim_text_ticket(sim_rows *rows, int64_t seat, sim_customer *customer, int32_t week);

#endif
