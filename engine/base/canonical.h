/* Canonical decomposition: texts that are the same letters, however they are composed, become the
 * same bytes. "é" is one code point or two; so are the vowel signs of Tamil, Telugu and others.
 * Covered are letters of Latin (also Vietnamese), Greek, Cyrillic, Arabic, Japanese and the scripts
 * of India; other code points stay as they are. Marks are not put in order: a text comes in the
 * composed or in the decomposed form of the standard. Source: Unicode Standard Annex 15. */
#ifndef FORE_BASE_CANONICAL_H
#define FORE_BASE_CANONICAL_H

#include "engine/base/text.h"

/* Appends; valid UTF-8 only. out->failed when memory is short. */
void fore_text_canonical(fore_text *out, const char *text);
/* The same, with small letters for the capitals of Latin, and without spaces: what two names that
 * people could take for one have in common. */
void fore_text_alike(fore_text *out, const char *text);

#endif
