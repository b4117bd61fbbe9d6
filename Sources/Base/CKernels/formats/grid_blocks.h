// GGUF's formats of 1 to 3 bits whose values are points of a grid.

#ifndef SWIFTLET_GRID_BLOCKS_H
#define SWIFTLET_GRID_BLOCKS_H

#include "blocks.h"

void swiftlet_unpack_iq2_xxs(const uint8_t *bytes, int part, swiftlet_block *block);
void swiftlet_unpack_iq2_xs(const uint8_t *bytes, int part, swiftlet_block *block);
void swiftlet_unpack_iq2_s(const uint8_t *bytes, int part, swiftlet_block *block);
void swiftlet_unpack_iq3_xxs(const uint8_t *bytes, int part, swiftlet_block *block);
void swiftlet_unpack_iq3_s(const uint8_t *bytes, int part, swiftlet_block *block);
void swiftlet_unpack_iq1_s(const uint8_t *bytes, int part, swiftlet_block *block);
void swiftlet_unpack_iq1_m(const uint8_t *bytes, int part, swiftlet_block *block);

#endif
