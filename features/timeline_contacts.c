/* The lead that a contact's activity would have gone to if the contact had no deal: what the store
 * links by (store.h, fore_store_link_contacts), among leads alone. Of the contact's leads the
 * newest created at or before the activity, else the first created after it; unknown creation
 * counts as oldest, ties go by id. */
#include <stdlib.h>

#include "features/timeline_facts.h"

static int by_contact_and_creation(const void *left, const void *right)
{
    const contact_lead *a = left, *b = right;
    if (a->contact != b->contact) return a->contact < b->contact ? -1 : 1;
    if (a->created_at != b->created_at) return a->created_at < b->created_at ? -1 : 1;
    return (a->lead > b->lead) - (a->lead < b->lead);
}

fore_status fore_contacts_list(fore_builder *b, fore_error *err)
{
    int64_t leads = b->leads.count;
    b->contact_lead = FORE_NEW(leads, contact_lead);
    if (!b->contact_lead) return fore_no_memory(err);
    for (int64_t l = 0; l < leads; l++)
        if (b->subject.item[l].contact)
            b->contact_lead[b->contact_leads++] = (contact_lead){
                b->subject.item[l].contact, b->subject.item[l].created_at, (int32_t)l};
    if (b->contact_leads > 1)
        qsort(b->contact_lead, (size_t)b->contact_leads, sizeof *b->contact_lead,
              by_contact_and_creation);
    return FORE_OK;
}

int32_t fore_contact_lead(const fore_builder *b, int64_t contact, int64_t at)
{
    const contact_lead *list = b->contact_lead;
    int64_t low = 0, high = b->contact_leads; /* low: the first behind (contact, at) */
    if (!contact) return -1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        const contact_lead *item = &list[middle];
        if (item->contact < contact || (item->contact == contact && item->created_at <= at))
            low = middle + 1;
        else
            high = middle;
    }
    if (low > 0 && list[low - 1].contact == contact) return list[low - 1].lead;
    return low < b->contact_leads && list[low].contact == contact ? list[low].lead : -1;
}
