// The points that GGUF's IQ1, IQ2 and IQ3 formats choose from, each in 16 bits: eight coordinates of 2 bits, or four of 4,
// the first in the lowest. A coordinate is an index into the levels of its format.

#ifndef SWIFTLET_GRIDS_H
#define SWIFTLET_GRIDS_H

#include <stdint.h>

extern const uint16_t swiftlet_grid_iq2_xxs[256], swiftlet_grid_iq2_xs[512], swiftlet_grid_iq2_s[1024];
extern const uint16_t swiftlet_grid_iq3_xxs[256], swiftlet_grid_iq3_s[512];
extern const uint16_t swiftlet_grid_iq1[2048];

#endif
